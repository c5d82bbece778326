/** Which process a recorded pid stood for: pid, start time and boot together name one process for ever, a pid alone is reused. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** As the system counts it (clock ticks since boot on Linux, a date on macOS); only ever compared for equality. */
  readonly startTime: string;
  /** The boot and, on Linux, the pid namespace: in another container the same pid is another process. */
  readonly bootId: string;
}

/** The identity of a running process; undefined when there is none. A zombie counts as gone: it holds no port, file or socket. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const startTime = process.platform === 'linux' ? linuxStartTime(pid) : psStartTime(pid);
  return startTime === undefined ? undefined : { pid, startTime, bootId: bootId() };
}

/** The identity of this very process. */
export function ownIdentity(): ProcessIdentity {
  return identityOf(process.pid) ?? { pid: process.pid, startTime: 'unknown', bootId: bootId() };
}

/** Whether exactly this process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.bootId !== bootId()) return false;
  return identityOf(identity.pid)?.startTime === identity.startTime;
}

/**
 * The start time in one line of /proc/PID/stat, undefined for a zombie.
 * The command stands in brackets as the second field and may itself hold brackets and spaces, so fields are counted from the last bracket.
 */
export function startTimeInStat(stat: string): string | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  return state === 'Z' || state === 'X' ? undefined : fields[19];
}

function linuxStartTime(pid: number): string | undefined {
  try {
    return startTimeInStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

function psStartTime(pid: number): string | undefined {
  try {
    const env = { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' };
    const args = ['-o', 'stat=,lstart=', '-p', String(pid)];
    const line = execFileSync('ps', args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
  } catch {
    return undefined;
  }
}

let knownBoot: string | undefined;

function bootId(): string {
  knownBoot ??= process.platform === 'linux' ? linuxBoot() : macBoot();
  return knownBoot;
}

function linuxBoot(): string {
  const boot = attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const namespace = attempt(() => readlinkSync('/proc/self/ns/pid'));
  return `${boot} ${namespace}`;
}

function macBoot(): string {
  return attempt(() =>
    execFileSync('sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim(),
  );
}

function attempt(read: () => string): string {
  try {
    return read();
  } catch {
    return 'unknown';
  }
}
