/** The #SBATCH lines of a job script, from a node pool. Every value is checked: sbatch reads these lines by rules of its own, and a line break would start another. */

import type { NodePool } from '../../../core/cluster.js';
import { NelError } from '../../../core/errors.js';

/** What partitions, constraints (`a100&nvlink`), generic resources (`gpu:4`), paths and file patterns are made of. No space, quote, `#` or `\`. */
const VALUE = /^[A-Za-z0-9_@%+=:,./()[\]*&|!~-]{1,1000}$/;

/** `--name=value` for sbatch. @throws NelError when the value could be read as more than one value */
export function option(name: string, value: string | number): string {
  const text = String(value);
  if (!VALUE.test(text)) {
    throw new NelError('config', `${name}: sbatch cannot take ${JSON.stringify(text.slice(0, 80))}`, {
      hint: 'Use letters, digits and the signs _ @ % + = : , . / ( ) [ ] * & | ! ~ - without spaces.',
    });
  }
  return `--${name}=${text}`;
}

/** A path for a script and its directives. `%` begins a pattern in sbatch's file names, and spaces end a word in too many of a site's scripts. */
export function checkedPath(what: string, file: string): string {
  if (!/^\/[A-Za-z0-9_@+=:,./~-]*$/.test(file) || file.split('/').includes('..')) {
    throw new NelError('config', `${what}: ${JSON.stringify(file.slice(0, 200))} is no path that job scripts can use`, {
      hint: 'It must be absolute, without "..", of letters, digits and the signs _ @ + = : , . ~ - only.',
    });
  }
  return file === '/' ? file : file.replace(/\/+$/, '');
}

/** The options that a pool stands for, in the order of sbatch's manual for people: where, how much, for whom. */
export function poolOptions(pool: NodePool): readonly string[] {
  const given: readonly (readonly [string, string | number | null])[] = [
    ['partition', pool.partition],
    ['nodes', pool.nodes],
    ['ntasks-per-node', pool.ntasks_per_node],
    ['cpus-per-task', pool.cpus_per_task],
    ['mem', pool.mem],
    ['gres', pool.gres],
    ['constraint', pool.constraint],
    ['account', pool.account],
    ['qos', pool.qos],
    ['reservation', pool.reservation],
  ];
  const options = given.flatMap(([name, value]) => (value === null ? [] : [option(name, value)]));
  return pool.exclusive ? [...options, '--exclusive'] : options;
}

export function directives(options: readonly string[]): string {
  return options.map((text) => `#SBATCH ${text}`).join('\n');
}

/** Seconds of a walltime as Slurm writes it: `minutes`, `minutes:seconds`, `hours:minutes:seconds`, `days-hours[:minutes[:seconds]]`. @throws NelError */
export function walltimeSeconds(walltime: string): number {
  const match = /^(?:(\d{1,4})-)?(\d{1,6})(?::(\d{1,2}))?(?::(\d{1,2}))?$/.exec(walltime);
  if (match === null) {
    throw new NelError('config', `cluster.walltime: ${JSON.stringify(walltime.slice(0, 40))} is no time`, {
      hint: 'Write hours:minutes:seconds ("02:00:00") or days-hours ("1-12").',
    });
  }
  const [days, first, second, third] = match.slice(1).map((part) => (part === undefined ? null : Number(part)));
  const [a, b, c] = [first ?? 0, second ?? 0, third ?? 0];
  if (days !== null && days !== undefined) return days * 86_400 + a * 3600 + b * 60 + c;
  if (third !== null && third !== undefined) return a * 3600 + b * 60 + c;
  return a * 60 + b;
}

/** Seconds before the walltime at which a shard begins to drain: two minutes, or less of a short job. Slurm may send the signal a minute early. */
export function drainSeconds(walltime: string): number {
  return Math.max(5, Math.min(120, Math.floor(walltimeSeconds(walltime) / 6)));
}
