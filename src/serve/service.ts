/** An environment as it is served: which problems, how an answer is judged without a session. Under both protocols' routes. */

import type { Environment, Seed, Verification } from '../core/environment.js';
import { errorMessage, NelError } from '../core/errors.js';
import { isJsonObject, type JsonObject } from '../core/json.js';
import type { GenerationSettings } from '../core/model.js';
import { type Body, expectedAnswer, member, metadataOf, problemIndex } from './bodies.js';
import { type Limits, type NodeBindings, Turnstile, withinTime } from './limits.js';
import { Refusal } from './refusal.js';
import { responseText } from './text.js';

/** What a benchmark is beside its environment. All but `mayPass` is told on /dataset_size. */
export interface ServedBenchmark {
  readonly description?: string;
  readonly scorer?: string;
  readonly definitionHash?: string;
  /** Settings that the benchmark's authors prescribe. */
  readonly generation?: GenerationSettings;
  /** True for an error of the scorer that is no verdict on the answer, such as a judge that is down: the client is told to ask again. */
  readonly mayPass?: (error: unknown) => boolean;
}

/** A problem of the data set that a request is about; `expected` is what the request says is right, null when it does not. */
interface Question {
  readonly index: number | null;
  readonly expected: string | null;
  readonly metadata: JsonObject;
}

export class Service {
  readonly name: string;
  /** Problems that are served: all, or the first so many. */
  readonly size: number;
  readonly turnstile: Turnstile;

  constructor(
    readonly environment: Environment,
    readonly limits: Limits,
    readonly benchmark: ServedBenchmark,
    maxProblems: number | null,
  ) {
    this.name = environment.name;
    this.size = Math.min(environment.dataset.size, maxProblems ?? environment.dataset.size);
    this.turnstile = new Turnstile(limits.maxConcurrent, limits.maxQueued);
  }

  /** @throws Refusal 500 with reason `data` when the row makes no prompt */
  seed(index: number, bindings: NodeBindings | undefined): Seed | Promise<Seed> {
    return withinTime((signal) => this.seedNow(index, signal), this.limits.requestTimeoutMs, bindings);
  }

  /**
   * Judges the answer that a body of either protocol holds. A problem is found by `idx`, `problem_idx`, `uuid` or the metadata's
   * `problem_idx`; its row is what the scorer gets, as in a local run. Where there is none, or the body names another right answer than
   * the problem has, the body alone is judged: its metadata is the row.
   * @throws Refusal 422 when the body holds no text, or neither a problem nor a right answer; 500 when the scorer fails
   */
  verify(body: Body, bindings: NodeBindings | undefined): Verification | Promise<Verification> {
    const response = responseText(member(body, 'response'));
    const question = this.question(body);
    const judged = withinTime(
      (signal) => this.turnstile.run(() => this.judge(question, response, signal), signal),
      this.limits.requestTimeoutMs,
      bindings,
    );
    return judged instanceof Promise ? judged.then(checked, (error: unknown) => this.failed(error)) : checked(judged);
  }

  private failed(error: unknown): never {
    if (this.benchmark.mayPass?.(error)) throw new Refusal(503, errorMessage(error));
    return scorerFailed(error);
  }

  private seedNow(index: number, signal: AbortSignal): Seed | Promise<Seed> {
    try {
      const seed = this.environment.seed(index, 0, signal);
      return seed instanceof Promise ? seed.catch(rowBroken) : seed;
    } catch (error) {
      return rowBroken(error);
    }
  }

  private question(body: Body): Question {
    const metadata = metadataOf(body);
    const expected = expectedAnswer(body);
    return { index: this.indexIn(body, metadata), expected, metadata };
  }

  private indexIn(body: Body, metadata: JsonObject): number | null {
    for (const name of ['idx', 'problem_idx']) {
      const value = member(body, name);
      if (value !== undefined && value !== null) return problemIndex(value, this.size, name);
    }
    const verifier = member(body, 'verifier_metadata');
    const holders: readonly Body[] = [body, metadata, ...(isJsonObject(verifier) ? [verifier] : [])];
    for (const holder of holders) {
      const index = this.indexOfUuid(member(holder, 'uuid'));
      if (index !== null) return index;
    }
    const index = member(metadata, 'problem_idx');
    return typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < this.size ? index : null;
  }

  /** Inverse of `uuidOf`; null for an id that is not of this benchmark. */
  private indexOfUuid(uuid: unknown): number | null {
    if (typeof uuid !== 'string' || !uuid.startsWith(`${this.name}-`)) return null;
    const digits = uuid.slice(this.name.length + 1);
    const index = /^(?:0|[1-9]\d{0,14})$/.test(digits) ? Number(digits) : this.size;
    return index < this.size ? index : null;
  }

  private judge(question: Question, response: string, signal: AbortSignal): Verification | Promise<Verification> {
    if (question.index === null) return scored(() => this.judgeDetached(question, response, signal));
    const seed = this.seedNow(question.index, signal);
    const judgeSeed = (of: Seed): Verification | Promise<Verification> =>
      scored(() =>
        question.expected === null || question.expected === of.expected_answer
          ? this.environment.verify(of, response, signal)
          : this.judgeDetached(question, response, signal),
      );
    return seed instanceof Promise ? seed.then(judgeSeed) : judgeSeed(seed);
  }

  private judgeDetached({ expected, metadata }: Question, response: string, signal: AbortSignal): Verification | Promise<Verification> {
    if (expected === null) {
      throw new Refusal(422, 'no right answer: give expected (or expected_answer), or the idx or uuid of a problem of this data set');
    }
    if (this.environment.verifyDetached === undefined) {
      throw new Refusal(
        422,
        `${this.name} judges answers to its own problems only: give the idx or uuid of one, without another expected answer`,
      );
    }
    return this.environment.verifyDetached({ response, expected, metadata }, signal);
  }
}

/** The id of a problem in exported rows: the same in every export, and enough to find the problem again. */
export function uuidOf(benchmark: string, index: number): string {
  return `${benchmark}-${index}`;
}

function rowBroken(error: unknown): never {
  if (error instanceof NelError) throw new Refusal(500, error.message, 'data');
  throw error;
}

function scored(judge: () => Verification | Promise<Verification>): Verification | Promise<Verification> {
  try {
    return judge();
  } catch (error) {
    return scorerFailed(error);
  }
}

/** What a scorer throws is its client's to know: in a local run it stands in the sample's record. */
function scorerFailed(error: unknown): never {
  throw error instanceof Refusal ? error : new Refusal(500, errorMessage(error), 'verify');
}

/** JSON has no NaN, and a collector that finds no number as reward gives up. */
function checked(verification: Verification): Verification {
  if (!Number.isFinite(verification.reward)) {
    throw new Refusal(500, `the scorer ${verification.scoring_method} gave the reward ${verification.reward}`, 'verify');
  }
  return verification;
}
