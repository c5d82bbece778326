/**
 * The environment behind `gym://`: problems and verdicts come from a server, the model call stays here. Against our own server a run
 * is the same as with the benchmark in this process, sample by sample.
 */

import { createHash } from 'node:crypto';
import type { DatasetInfo, Environment, Seed, Verification } from '../../core/environment.js';
import { NelError } from '../../core/errors.js';
import { canonicalJson, isJsonObject } from '../../core/json.js';
import type { GenerationSettings } from '../../core/model.js';
import { type GymAddress, isBenchmarkName, parseGymAddress } from './gym-address.js';
import { GymClient, GymRefusedError, GymUnreachableError } from './gym-client.js';
import { seedReply, verifyReply, withSystemPrompt } from './gym-replies.js';
import { type GymRow, readGymRows, seedOfRow } from './gym-rows.js';

export interface OpenGymOptions {
  /** `gym://host:port?…`, see gym-address.ts. */
  readonly url: string;
  /** Takes the place of the benchmark's own; null keeps that. */
  readonly systemPrompt: string | null;
  /** Holds the token that the address names. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the data file is relative to. */
  readonly cwd: string;
  readonly signal?: AbortSignal;
  /** Scales the pauses between attempts; for tests. */
  readonly pauseScale?: number;
}

/** A benchmark that is defined elsewhere, as far as a run needs to know it. */
export interface GymBenchmark {
  readonly name: string;
  readonly environment: Environment;
  /** The server's own hash of prompt and scorer; of a foreign server, a hash of its name: it tells no more. */
  readonly definitionHash: string;
  readonly scorer: string;
  readonly generation: GenerationSettings;
}

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
/** Seeds of a foreign server that are asked for at once, to tell its data set from others. */
const SEEDS_AT_ONCE = 16;

/**
 * @throws NelError: `config` for a bad address or an unset token, `run` when the server does not answer, `data` when it refuses or
 *   answers what no environment server does, or the rows are broken
 */
export async function openGymEnvironment(options: OpenGymOptions): Promise<GymBenchmark> {
  const address = parseGymAddress(options.url);
  const client = new GymClient({
    base: address.base,
    token: tokenOf(address, options.env),
    timeoutMs: address.timeoutMs,
    ...(options.pauseScale === undefined ? {} : { pauseScale: options.pauseScale }),
  });
  try {
    return await (address.protocol === 'native' ? openNative(address, client, options) : openPlain(address, client, options));
  } catch (error) {
    await client.close();
    throw readable(error, address);
  }
}

function tokenOf({ tokenEnv }: GymAddress, env: OpenGymOptions['env']): string | null {
  if (tokenEnv === null) return null;
  const token = env[tokenEnv]?.trim();
  if (!token) throw new NelError('config', `the variable ${tokenEnv}, which token_env names, is not set`);
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new NelError('config', `the token in ${tokenEnv} has white space or a character in it that no header can carry`);
  return token;
}

/** What a person can act on in place of a client's error. */
function readable(error: unknown, { source }: GymAddress): unknown {
  if (error instanceof GymUnreachableError) {
    return new NelError('run', `the environment server ${source} does not answer: ${error.message}`, {
      hint: 'Start it (`nel serve -b NAME --port PORT`), or check host and port.',
    });
  }
  if (!(error instanceof GymRefusedError)) return error;
  if (error.status === 401 || error.status === 403) {
    return new NelError('config', `the environment server ${source} wants a token: ${error.detail}`, {
      hint: 'Name the variable that holds it: gym://host:port?token_env=NAME.',
    });
  }
  if (error.status < 300) {
    return new NelError('data', `there is no environment server at ${source}: ${error.message}`, { hint: 'Check host, port and path.' });
  }
  const native = error.status === 404 || error.status === 405;
  return new NelError('data', `the environment server ${source} refused: ${error.message}`, {
    ...(native ? { hint: 'A server that speaks only NeMo Gym is named gym://host:port?protocol=native&data=FILE.' } : {}),
  });
}

async function openPlain(address: GymAddress, client: GymClient, options: OpenGymOptions): Promise<GymBenchmark> {
  const signal = options.signal ?? new AbortController().signal;
  const { body: info } = await client.ask({ method: 'GET', path: '/dataset_size' }, signal);
  const size = isJsonObject(info) ? info['size'] : undefined;
  if (!isJsonObject(info) || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw new NelError('data', `${address.source}/dataset_size gave no size`);
  if (Array.isArray(info['tools']) && info['tools'].length > 0) {
    throw new NelError('config', `the benchmark at ${address.source} lets the model use tools, which gym:// does not carry`, {
      hint: 'Run it by its name or file instead.',
    });
  }
  const name =
    address.name ?? (isBenchmarkName(info['name']) ? info['name'] : `gym-${new URL(address.base).host.replace(/[^A-Za-z0-9.-]+/g, '-')}`);
  const seedPlain = async (index: number, abort: AbortSignal): Promise<Seed> => {
    const { body } = await client.ask({ method: 'POST', path: '/seed_session', body: { idx: index } }, abort);
    return seedReply(body, `${String(info['name'])}-${index}`, `${address.source}, problem_idx ${index}`);
  };
  const dataset: DatasetInfo = {
    source: address.source,
    revision: typeof info['revision'] === 'string' ? info['revision'] : null,
    fingerprint:
      typeof info['fingerprint'] === 'string' ? info['fingerprint'] : await fingerprintOfSeeds(size, (index) => seedPlain(index, signal)),
    size,
  };
  const verifyPlain = async (seed: Seed, index: number, response: string, abort: AbortSignal): Promise<Verification> => {
    const metadata = { ...seed.metadata, problem_idx: index };
    const body = { response, expected: seed.expected_answer, metadata, idx: index };
    const reply = await client.ask({ method: 'POST', path: '/verify', body }, abort);
    return verifyReply(reply.body, {}, address.source);
  };
  return {
    name,
    environment: {
      ...remote({ name, dataset, address, client, options, seed: seedPlain, verify: verifyPlain }),
      ...(info['asks_judge'] === true ? { asksJudge: true } : {}),
    },
    definitionHash: typeof info['definition_hash'] === 'string' ? info['definition_hash'] : sha256(`gym ${name}`),
    scorer: typeof info['scorer'] === 'string' ? info['scorer'] : 'gym',
    generation: isJsonObject(info['generation']) ? (info['generation'] as GenerationSettings) : {},
  };
}

async function openNative(address: GymAddress, client: GymClient, options: OpenGymOptions): Promise<GymBenchmark> {
  const { rows, generation } = await readGymRows(address.data as string, options.cwd);
  const name = address.name ?? nameOfRows(rows, address.data as string);
  const dataset: DatasetInfo = {
    source: `${address.source}?data=${address.data}`,
    revision: null,
    fingerprint: sha256(rows.map((row) => `${canonicalJson(row)}\n`).join('')),
    size: rows.length,
  };
  let sessions = true;
  /** A row's session, where the server keeps any. @returns the cookie that goes with the verdict's request */
  const openSession = async (row: GymRow, signal: AbortSignal): Promise<string | null> => {
    if (!sessions) return null;
    try {
      return (await client.ask({ method: 'POST', path: '/seed_session', body: row }, signal)).cookie;
    } catch (error) {
      if (!(error instanceof GymRefusedError) || (error.status !== 404 && error.status !== 405)) throw error;
      sessions = false;
      return null;
    }
  };
  const verifyNative = async (seed: Seed, index: number, response: string, signal: AbortSignal): Promise<Verification> => {
    const row = rows[index] as GymRow;
    const cookie = await openSession(row, signal);
    const body = { ...row, expected_answer: row['expected_answer'] ?? seed.expected_answer, response: responsesObject(response) };
    const reply = await client.ask({ method: 'POST', path: '/verify', body, cookie }, signal);
    return verifyReply(reply.body, row, address.source);
  };
  // An early word on a server that is not there, not one on the first answer that was paid for.
  const anything = { method: 'POST', path: '/aggregate_metrics', body: { verify_responses: [] } } as const;
  await client.reach(anything, options.signal ?? new AbortController().signal);
  return {
    name,
    environment: remote({ name, dataset, address, client, options, seed: (index) => seedOf(rows, index, name), verify: verifyNative }),
    definitionHash: sha256(`gym native ${name}`),
    scorer: 'gym',
    generation,
  };
}

function seedOf(rows: readonly GymRow[], index: number, name: string): Seed {
  const row = rows[index];
  if (row === undefined) throw new NelError('data', `${name}: there is no problem_idx ${index} among ${rows.length} rows`);
  return seedOfRow(row, `${name}, problem_idx ${index}`);
}

function nameOfRows(rows: readonly GymRow[], file: string): string {
  const type = rows[0]?.['eval_type'];
  if (isBenchmarkName(type) && rows.every((row) => row['eval_type'] === type)) return type;
  const stem = (file.split(/[/\\]/).at(-1) as string)
    .replace(/\.jsonl?$/, '')
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '');
  return isBenchmarkName(stem) ? stem : 'gym';
}

/** An answer as NeMo Gym's servers want it: with all that a Responses object must have. */
function responsesObject(text: string): Record<string, unknown> {
  return {
    id: 'resp_nel',
    object: 'response',
    created_at: 0,
    status: 'completed',
    model: 'nel',
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    output: [
      {
        id: 'msg_nel',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text, annotations: [] }],
      },
    ],
  };
}

interface Remote {
  readonly name: string;
  readonly dataset: DatasetInfo;
  readonly address: GymAddress;
  readonly client: GymClient;
  readonly options: OpenGymOptions;
  seed(index: number, signal: AbortSignal): Seed | Promise<Seed>;
  verify(seed: Seed, index: number, response: string, signal: AbortSignal): Promise<Verification>;
}

function remote({ name, dataset, address, client, options, seed, verify }: Remote): Environment {
  const indexOf = new WeakMap<Seed, number>();
  return {
    name,
    dataset,
    async seed(problemIdx, _repeat, signal) {
      try {
        const made = withSystemPrompt(await seed(problemIdx, signal), options.systemPrompt);
        indexOf.set(made, problemIdx);
        return made;
      } catch (error) {
        // What a local run would say of the row, without the way that it came.
        throw error instanceof GymRefusedError && error.reason === 'data' ? new NelError('data', error.detail) : readable(error, address);
      }
    },
    async verify(of, response, signal) {
      const index = indexOf.get(of);
      if (index === undefined) throw new Error('the seed is not from this environment');
      try {
        return await verify(of, index, response, signal);
      } catch (error) {
        throw error instanceof GymRefusedError && error.reason === 'verify' ? new Error(error.detail, { cause: error }) : error;
      }
    },
    close: () => client.close(),
  };
}

/** For servers that do not say which data set they have: over all that they seed. */
async function fingerprintOfSeeds(size: number, seed: (index: number) => Promise<Seed>): Promise<string> {
  const hash = createHash('sha256');
  for (let start = 0; start < size; start += SEEDS_AT_ONCE) {
    const indexes = Array.from({ length: Math.min(SEEDS_AT_ONCE, size - start) }, (_, i) => start + i);
    for (const made of await Promise.all(indexes.map(seed))) hash.update(`${canonicalJson(made)}\n`);
  }
  return `sha256:${hash.digest('hex')}`;
}
