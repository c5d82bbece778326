/** An environment as it is served: which problems, how an answer is judged without a session. Under both protocols' routes. */

import type { Environment, Seed, Verification } from '../core/environment.js';
import { errorMessage, NelError } from '../core/errors.js';
import { isJsonObject, type JsonObject } from '../core/json.js';
import type { GenerationSettings } from '../core/model.js';
import { type Body, expectedAnswer, hintedIndex, member, metadataOf, problemIndex } from './bodies.js';
import { type Limits, type NodeBindings, Turnstile, withinTime } from './limits.js';
import { Refusal } from './refusal.js';
import { inputText, responseText } from './text.js';

/** Member of a plain seed's metadata that its problem is found by. */
export const PROBLEM_UUID = 'problem_uuid';

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

/** The problem that a request is about. */
interface Question {
  /** Where it is in the data set; null when it is not found there. */
  readonly index: number | null;
  /** What the request says is right; null when it does not. */
  readonly expected: string | null;
  readonly metadata: JsonObject;
  readonly body: Body;
}

/** A body to judge: of the evaluator's own protocol, or a row of NeMo Gym's. */
export interface Asked {
  readonly body: Body;
  readonly gym: boolean;
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
   * Judges the answer that a body of either protocol holds. A problem is found by `idx`, `problem_idx`, `uuid`, or what its metadata
   * say; its row is what the scorer gets, as in a local run. Where there is none, or the body names another right answer than
   * the problem has, the body alone is judged: its metadata is the row.
   * @throws Refusal 422 when the body holds no text, neither a problem nor a right answer, or not what the scorer needs to know of the
   *   problem; 500 when the scorer fails
   */
  verify(asked: Asked, bindings: NodeBindings | undefined): Verification | Promise<Verification> {
    const response = responseText(member(asked.body, 'response'));
    const question = this.question(asked);
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

  private question(asked: Asked): Question {
    const { body } = asked;
    const metadata = metadataOf(body, asked.gym);
    const expected = expectedAnswer(body);
    return { index: this.indexIn(asked, metadata), expected, metadata, body };
  }

  /** Rows of NeMo Gym come from any data set: numbers of their own are no mistake, and an error would end a whole collection. */
  private indexIn({ body, gym }: Asked, metadata: JsonObject): number | null {
    const named = ['idx', 'problem_idx'] as const;
    for (const name of gym ? [] : named) {
      const value = member(body, name);
      if (value !== undefined && value !== null) return problemIndex(value, this.size, name);
    }
    const verifier = member(body, 'verifier_metadata');
    const others: readonly Body[] = [metadata, ...(isJsonObject(verifier) ? [verifier] : [])];
    // The body's own first: metadata may hold ids that the data set came with.
    const uuids = [member(body, 'uuid'), member(metadata, PROBLEM_UUID), ...others.map((holder) => member(holder, 'uuid'))];
    const hints = [member(metadata, 'problem_idx'), ...(gym ? named.map((name) => member(body, name)) : [])];
    for (const uuid of uuids) {
      const index = this.indexOfUuid(uuid);
      if (index !== null) return index;
    }
    // A row that has an id, and none of ours, is of another data set: its numbers are that one's.
    if (gym && uuids.some((uuid) => uuid !== undefined && uuid !== null)) return null;
    for (const hint of hints) {
      const index = hintedIndex(hint, this.size);
      if (index !== null) return index;
    }
    return null;
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
          : this.judgeDetached(question, response, signal, of.prompt),
      );
    return seed instanceof Promise ? seed.then(judgeSeed) : judgeSeed(seed);
  }

  /** @param known prompt of the problem that the body names, where it names one */
  private judgeDetached(
    { expected, metadata, body }: Question,
    response: string,
    signal: AbortSignal,
    known?: string,
  ): Verification | Promise<Verification> {
    if (expected === null) {
      throw new Refusal(422, 'no right answer: give expected (or expected_answer), or the idx or uuid of a problem of this data set');
    }
    if (this.environment.verifyDetached === undefined) {
      throw new Refusal(
        422,
        `${this.name} judges answers to its own problems only: give the idx or uuid of one, without another expected answer`,
      );
    }
    const given = member(body, 'prompt');
    const prompt = inputText(member(body, 'responses_create_params')) ?? (typeof given === 'string' ? given : known);
    if (prompt === undefined && this.environment.asksJudge) {
      throw new Refusal(422, `${this.name} is scored by a judge, who has to see the problem: give its idx or uuid, or its prompt`);
    }
    try {
      const judged = this.environment.verifyDetached({ response, expected, metadata, ...(prompt === undefined ? {} : { prompt }) }, signal);
      return judged instanceof Promise ? judged.catch(bodyBroken) : judged;
    } catch (error) {
      return bodyBroken(error);
    }
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

/** Here the row is the client's: what is wrong with it is a bad request, and no failure of the scorer. */
function bodyBroken(error: unknown): never {
  if (error instanceof NelError && error.kind === 'data') throw new Refusal(422, `metadata or expected answer: ${error.message}`);
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
