/** CPU time and memory of other processes, from /proc or as they end. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** User and system CPU of a process so far, milliseconds; null once it is gone. */
export function cpuMs(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
  } catch {
    return null;
  }
}

/** Peak resident memory of a process so far, MiB; null once it is gone or a zombie. */
export function peakMiB(pid) {
  try {
    const kib = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? null : Number(kib) / 1024;
  } catch {
    return null;
  }
}

/** Samples both until the process ends; `stop` gives the last values seen. */
export function watch(pid) {
  const last = { cpuMs: 0, peakMiB: 0 };
  const look = () => {
    last.cpuMs = cpuMs(pid) ?? last.cpuMs;
    last.peakMiB = peakMiB(pid) ?? last.peakMiB;
  };
  const timer = setInterval(look, 50);
  return () => {
    clearInterval(timer);
    look();
    return last;
  };
}

/** Runs node to its end: its time in seconds and its peak memory in MiB. @throws Error when its exit code is above `highestCode` */
export function measure(args, { cwd, highestCode = 0 }) {
  const probe = "data:text/javascript,process.on('exit',()=>process.stderr.write('RSS '+process.resourceUsage().maxRSS+'\\n'))";
  const start = performance.now();
  const { stderr, status } = spawnSync(process.execPath, ['--import', probe, ...args], { cwd, encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  const rss = /RSS (\d+)/.exec(stderr)?.[1];
  if (rss === undefined || status === null || status > highestCode) throw new Error(`${args.join(' ')} failed: ${stderr}`);
  return { seconds, megabytes: Number(rss) / 1024 };
}
