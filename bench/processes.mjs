/** CPU time and memory of other processes, from /proc. */

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
