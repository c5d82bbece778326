/** The endpoints of a run: address, protocol, model and key variable, each from flag, file or environment, in that order. */

import type { SourcePosition } from '../core/errors.js';
import type { Protocol } from '../core/model.js';
import type { ServiceSpec } from '../core/spec.js';
import { DEFAULTS } from './defaults.js';
import { FLAGS, type FlagKey, flagOr, type ResolveContext } from './flags.js';
import { FLAGS_SERVICE } from './resolve-benchmarks.js';
import { resolveServiceGeneration } from './resolve-generation.js';
import type { ServiceConfig } from './schema.js';
import { parseApiKey } from './secret-names.js';
import { isLocalUrl, parseServiceUrl } from './service-url.js';
import { expandField } from './variables.js';

/** Flags that change one endpoint and would be wrong for two. */
const ONE_ENDPOINT: readonly FlagKey[] = ['modelUrl', 'modelId', 'protocol', 'apiKeyEnv'];

/** Variables that hold the key of an endpoint that flags or environment name; the first that is set is used. */
const KEY_VARIABLES = ['NEMO_API_KEY', 'NVIDIA_API_KEY'] as const;

/** A text, what held it (for messages) and where. */
interface Sourced {
  readonly text: string;
  readonly label: string;
  readonly from: 'flag' | 'file' | 'environment';
  readonly at?: SourcePosition | undefined;
}

/** The services that `used` names, in the order of the file; those that no benchmark asks are left out, with their keys. */
export function resolveServices(context: ResolveContext, used: ReadonlySet<string>): Record<string, ServiceSpec> {
  const { file, flags, problems, notes } = context;
  const configs: Readonly<Record<string, ServiceConfig>> = Object.keys(file?.config.services ?? {}).length
    ? (file?.config.services ?? {})
    : { [FLAGS_SERVICE]: {} };
  const names = Object.keys(configs).filter((name) => used.has(name));
  const tooMany = ONE_ENDPOINT.filter((key) => flags[key] !== undefined);
  if (names.length > 1 && tooMany.length > 0) {
    problems.add({
      kind: 'usage',
      message: `${tooMany.map((key) => FLAGS[key].flag).join(', ')} can change one service, but this run asks ${names.length} (${names.join(', ')})`,
      hint: 'Change the file, or choose the benchmarks of one service with --bench.',
    });
    return {};
  }
  const services = names.flatMap((name) => {
    const service = resolveService(context, name, configs[name] as ServiceConfig);
    return service === undefined ? [] : [[name, service] as const];
  });
  const left = Object.keys(configs).filter((name) => !used.has(name));
  if (left.length > 0 && names.length > 0) notes.push(`no benchmark of this run asks ${left.map((name) => `services.${name}`).join(', ')}`);
  return Object.fromEntries(services);
}

function resolveService(context: ResolveContext, name: string, config: ServiceConfig): ServiceSpec | undefined {
  const field = ['services', name] as const;
  if (config.type === 'vllm' || config.type === 'command') return resolveServed(context, name, config, config.type);
  const address = sourced(context, name, 'url', config.url);
  const model = sourced(context, name, 'model', config.model);
  const endpoint = address && resolveEndpoint(context, name, config, address);
  const spec = {
    concurrency: flagOr(context, 'concurrency', [...field, 'concurrency'], config.concurrency) ?? DEFAULTS.concurrency,
    request_timeout: flagOr(context, 'requestTimeout', [...field, 'request_timeout'], config.request_timeout) ?? DEFAULTS.request_timeout,
    max_retries: flagOr(context, 'maxRetries', [...field, 'max_retries'], config.max_retries) ?? DEFAULTS.max_retries,
    generation: resolveServiceGeneration(context, [...field, 'generation'], config.generation ?? {}),
  };
  if (address === undefined || model === undefined || endpoint === undefined) return undefined;
  const api_key_env = keyVariable(context, name, config, address, endpoint.url);
  return { type: config.type ?? 'api', ...endpoint, model: model.text, api_key_env, ...spec };
}

/** A model that each job serves for itself: its address is known in the job only, as NEL_SERVICE_<NAME>_URL. */
function resolveServed(context: ResolveContext, name: string, config: ServiceConfig, type: 'vllm' | 'command'): ServiceSpec | undefined {
  const { file, problems, env } = context;
  const field = ['services', name] as const;
  const model = sourced(context, name, 'model', config.model);
  const wrong = (message: string, member: string): void =>
    problems.add({ kind: 'config', message: `services.${name}${message}`, at: file?.positionOf([...field, member]) });
  if (config.url !== undefined) wrong(`.url: a service of type ${type} is served by the jobs and has no url`, 'url');
  if (type === 'command' && config.command === undefined) wrong(': type command needs `command`', 'type');
  if (type === 'vllm' && config.command !== undefined) wrong('.command: type vllm has its own command; use type: command', 'command');
  if (file?.config.cluster === undefined) wrong(`: a service of type ${type} needs a \`cluster\` whose jobs serve it`, 'type');
  if (model === undefined) return undefined;
  const key = config.api_key === undefined ? undefined : parseApiKey(config.api_key);
  return {
    type,
    url: `served://${name}`,
    protocol: config.protocol ?? DEFAULTS.protocol,
    model: model.text,
    api_key_env: key === undefined ? null : writtenKey(key, env),
    concurrency: flagOr(context, 'concurrency', [...field, 'concurrency'], config.concurrency) ?? DEFAULTS.concurrency,
    request_timeout: flagOr(context, 'requestTimeout', [...field, 'request_timeout'], config.request_timeout) ?? DEFAULTS.request_timeout,
    max_retries: flagOr(context, 'maxRetries', [...field, 'max_retries'], config.max_retries) ?? DEFAULTS.max_retries,
    generation: resolveServiceGeneration(context, [...field, 'generation'], config.generation ?? {}),
    served: {
      name,
      type,
      model: model.text,
      command: config.command ?? [],
      args: config.args ?? [],
      port: config.port ?? 8000,
      tensor_parallel_size: config.tensor_parallel_size ?? null,
      node_pool: config.node_pool ?? null,
      health_path: config.health_path ?? '/health',
      health_timeout: config.health_timeout ?? 1800,
      base_path: config.base_path ?? '/v1',
      container: null,
    },
  };
}

const TEXTS = {
  url: { flag: 'modelUrl', variable: 'NEMO_MODEL_URL' },
  model: { flag: 'modelId', variable: 'NEMO_MODEL_ID' },
} as const;

/** The address or model of a service from flag, file or environment; undefined (with a problem) when none has it. */
function sourced(context: ResolveContext, name: string, what: 'url' | 'model', written: string | undefined): Sourced | undefined {
  const { file, flags, env, problems, notes } = context;
  const { flag, variable } = TEXTS[what];
  const field = ['services', name, what];
  const label = field.join('.');
  const given = flags[flag];
  if (given !== undefined) {
    flagOr(context, flag, field, written);
    return { text: given, label: FLAGS[flag].flag, from: 'flag' };
  }
  if (written !== undefined) {
    const text = expandField(context, written, field);
    return text === undefined ? undefined : { text, label, from: 'file', at: file?.positionOf(field) };
  }
  const value = env[variable];
  if (value) {
    notes.push(`${label} is taken from ${variable}`);
    return { text: value, label: variable, from: 'environment' };
  }
  const inFile = Object.hasOwn(file?.config.services ?? {}, name);
  problems.add({
    kind: inFile ? 'config' : 'usage',
    message: `${inFile ? label : what === 'url' ? "the model endpoint's address" : "the model's name"} is missing`,
    at: inFile ? file?.positionOf(field) : undefined,
    hint: `${inFile ? `Write ${what}: there, give` : 'Give'} ${FLAGS[flag].flag}, or set ${variable}.`,
  });
  return undefined;
}

/** Base URL and protocol; what the address names and what is given have to agree. */
function resolveEndpoint(
  context: ResolveContext,
  name: string,
  config: ServiceConfig,
  address: Sourced,
): { url: string; protocol: Protocol } | undefined {
  const { file, flags, problems } = context;
  const kind = address.from === 'file' ? 'config' : 'usage';
  const parsed = parseServiceUrl(address.text);
  if (!parsed.ok) {
    problems.add({ kind, message: `${address.label} ${parsed.message}`, hint: parsed.hint, at: address.at });
    return undefined;
  }
  const field = ['services', name, 'protocol'];
  const given = flagOr(context, 'protocol', field, config.protocol);
  if (given !== undefined && parsed.protocol !== null && given !== parsed.protocol) {
    const fromFlag = flags.protocol !== undefined;
    problems.add({
      kind: fromFlag ? 'usage' : 'config',
      message: `${fromFlag ? '--protocol' : field.join('.')} is ${given}, but ${address.label} ends in ${ENDINGS[parsed.protocol]}, which is ${parsed.protocol}`,
      hint: 'Remove one of them, or make them agree.',
      at: fromFlag ? address.at : file?.positionOf(field),
    });
    return undefined;
  }
  const before = address.from === 'flag' && config.url !== undefined ? parseServiceUrl(config.url) : undefined;
  const ofFileUrl = before?.ok ? before.protocol : null;
  return { url: parsed.url, protocol: given ?? parsed.protocol ?? ofFileUrl ?? DEFAULTS.protocol };
}

const ENDINGS: Readonly<Record<Protocol, string>> = { chat_completions: '/chat/completions', completions: '/completions' };

/**
 * Name of the variable with the service's key, or null. The environment's own (NEMO_API_KEY, else NVIDIA_API_KEY) serves only an
 * address that flags or environment name: a key must not go to an address of a file that does not ask for it.
 */
function keyVariable(context: ResolveContext, name: string, config: ServiceConfig, address: Sourced, url: string): string | null {
  const { flags, env, notes } = context;
  const key = config.api_key === undefined ? undefined : parseApiKey(config.api_key);
  const written = key && `\${${key.variable}}`;
  const flagged = flags.apiKeyEnv === undefined ? undefined : `\${${flags.apiKeyEnv}}`;
  if (flagged !== undefined) {
    if (written !== flagged) flagOr(context, 'apiKeyEnv', ['services', name, 'api_key'], written);
    return flags.apiKeyEnv ?? null;
  }
  if (key !== undefined) return writtenKey(key, env);
  const set = KEY_VARIABLES.find((variable) => env[variable]);
  if (set === undefined) return null;
  if (address.from !== 'file') {
    notes.push(`services.${name} is asked with the key in ${set}`);
    return set;
  }
  if (!isLocalUrl(url)) notes.push(`services.${name} is asked without a key: ${set} is set, but the file has no api_key: \${${set}}`);
  return null;
}

/** `${NAME:-}`: without a value there is no key, and nobody is to miss it. */
function writtenKey({ variable, optional }: ReturnType<typeof parseApiKey>, env: ResolveContext['env']): string | null {
  return optional && !env[variable] ? null : variable;
}
