/** The part of a shard's script that serves a model: started, watched until it answers, its address handed to the evaluation. */

import { type NodePool, type ServedModel, serviceUrlVariable } from '../../../core/cluster.js';
import { NelError } from '../../../core/errors.js';
import { quoteCommand, quoteWord } from '../quote.js';
import { launchPrefix } from './containers.js';
import type { ShardJob } from './script.js';

export interface ServedModelContext {
  readonly job: ShardJob;
  readonly model: ServedModel;
  readonly workdir: string;
  readonly pool: NodePool;
  /** Component that serves it, or null: the node of the script. */
  readonly hetGroup: number | null;
  /** The first one is the model that NEMO_MODEL_URL leads to. */
  readonly isFirst: boolean;
}

/** Stands for the port in an argument until the line is quoted: no argument of a user can hold it. */
const PORT_MARK = '\u{f0000}port\u{f0000}';

/** The argument vector; the port is a mark in it where it is chosen by the script. */
function commandOf({ type, model, command, args, port, tensor_parallel_size: parallel, name }: ServedModel): readonly string[] {
  if (type === 'vllm') {
    const split = parallel === null ? [] : ['--tensor-parallel-size', String(parallel)];
    return ['vllm', 'serve', model, '--host', '0.0.0.0', '--port', PORT_MARK, ...split, ...args];
  }
  if (command.length === 0)
    throw new NelError('config', `services.${name}: a command is needed`, { hint: 'Write the program and its arguments as a list.' });
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new NelError('config', `services.${name}.port is no port`);
  return [...command, ...args].map((word) => word.replaceAll('{port}', PORT_MARK).replaceAll('{model}', model));
}

/** Quotes a command in which marks become `"$variable"`. */
function withPort(words: readonly string[], variable: string): string {
  const [program, ...rest] = words as [string, ...string[]];
  const quoted = rest.map((word) => {
    const parts = word.split(PORT_MARK);
    if (parts.length === 1) return quoteWord(word);
    return parts.map((part) => (part === '' ? '' : quoteWord(part))).join(`"$${variable}"`);
  });
  return [quoteCommand([program]), ...quoted].join(' ');
}

/** Begins the names of a service's shell variables: services may be called `my-judge` or `7b`. */
function variablePrefix(service: string): string {
  return service
    .replaceAll(/[^A-Za-z0-9]/g, '_')
    .replace(/^(?=\d|$)/, 's')
    .toLowerCase();
}

/** @throws NelError when two services would share their variables */
export function checkServiceNames(models: readonly ServedModel[]): void {
  const seen = new Map<string, string>();
  for (const { name } of models) {
    const other = seen.get(variablePrefix(name));
    if (other !== undefined)
      throw new NelError('config', `the services "${other}" and "${name}" are too alike`, {
        hint: 'Names must differ in their letters and digits.',
      });
    seen.set(variablePrefix(name), name);
  }
}

export function servedModelLines({ job, model, workdir, pool, hetGroup, isFirst }: ServedModelContext): readonly string[] {
  const id = variablePrefix(model.name);
  const words = [...launchPrefix({ container: model.container ?? job.cluster.container, pool, hetGroup, workdir }), ...commandOf(model)];
  const isPortFree = words.some((word) => word.includes(PORT_MARK));
  const log = `logs/attempt-${job.attempt}-shard-$NEL_SHARD_IDX-${id}.log`;
  const address = `http://\${${id}_host}:\${${id}_port}${quoteInside(model.base_path)}`;
  return [
    `# Service ${quoteWord(model.name)}.`,
    ...hostLines(id, hetGroup),
    ...portLines({ id, model, isPortFree, totalShards: job.totalShards }),
    `${id}_log=${log}`,
    `log "service ${id} starts on $${id}_host:$${id}_port; its log is $${id}_log"`,
    `setsid ${withPort(words, `${id}_port`)} >>"$${id}_log" 2>&1 &`,
    `services+=($!)`,
    `service_names+=(${id})`,
    `service_logs+=("$${id}_log")`,
    `await_service ${id} "$${id}_host" "$${id}_port" ${quoteWord(model.health_path)} ${Math.ceil(model.health_timeout)} "$${id}_log"`,
    `export ${serviceUrlVariable(model.name)}="${address}"`,
    ...(isFirst ? [`export NEMO_MODEL_URL="${address}"`, `export NEMO_MODEL_ID=${quoteWord(model.model)}`] : []),
    '',
  ];
}

/** Slurm's own address of the node: names of nodes need not be names that resolve. */
function hostLines(id: string, hetGroup: number | null): readonly string[] {
  if (hetGroup === null) return [`${id}_host=127.0.0.1`];
  return [
    `${id}_node=$(scontrol show hostnames "$SLURM_JOB_NODELIST_HET_GROUP_${hetGroup}" | sed -n 1p)`,
    `${id}_host=$(scontrol show node "$${id}_node" | sed -n 's/.*NodeAddr=\\([^ ]*\\).*/\\1/p')`,
  ];
}

interface PortContext {
  readonly id: string;
  readonly model: ServedModel;
  readonly isPortFree: boolean;
  readonly totalShards: number;
}

/** Shards may share a node: each takes ports of its own, so that none asks another's model. */
function portLines({ id, model: { port, name }, isPortFree, totalShards }: PortContext): readonly string[] {
  if (isPortFree) return [`take_port "$${id}_host" $((${port} + NEL_SHARD_IDX)) ${totalShards}`, `${id}_port=$port`];
  return [
    `${id}_port=${port}`,
    `if listens "$${id}_host" "$${id}_port" || ! lock_port "$${id}_host" "$${id}_port"; then`,
    `  log ${quoteWord(`service ${name}: port ${port} is taken already; write {port} in its command so that another can be`)}`,
    '  exit 69',
    'fi',
  ];
}

/** Text within double quotes. */
function quoteInside(text: string): string {
  if (!/^(?:\/[A-Za-z0-9_./-]*)?$/.test(text)) {
    throw new NelError('config', `base_path: ${JSON.stringify(text.slice(0, 80))} is no path of an address`, {
      hint: 'Begin it with "/": /v1',
    });
  }
  return text;
}
