/** Starts a supervisor process, detached from the terminal and from everything this process has open. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { NelError } from '../../core/errors.js';
import { serverEnvironment } from './environment.js';
import { newestNumber } from './generation-lock.js';
import { OWNER_LOCK } from './owner.js';
import type { SupervisorArguments } from './supervisor.js';

/** A supervisor takes the lock after 0.1 s; a busy machine may need longer. */
const TAKE_OVER_LIMIT_MS = 15_000;

/**
 * Spawns a supervisor and waits until some supervisor has taken the lock after `generation`, or the spawned one has ended.
 * @returns false when it ended with an error
 */
export async function spawnSupervisor(args: SupervisorArguments, generation: number): Promise<boolean> {
  const child = spawn(process.execPath, [compiledFile('supervisor.js'), JSON.stringify(args)], {
    cwd: args.folder,
    detached: true,
    stdio: 'ignore',
    env: serverEnvironment(),
  });
  let ended: boolean | undefined;
  child.once('exit', (code) => {
    ended = code === 0;
  });
  child.once('error', () => {
    ended = false;
  });
  const giveUpAt = Date.now() + TAKE_OVER_LIMIT_MS;
  while (ended === undefined && newestNumber(args.folder, OWNER_LOCK) === generation && Date.now() < giveUpAt) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.unref();
  return ended ?? true;
}

/**
 * The compiled file next to this one. Tests run the sources, and a process needs the compiled file.
 * @throws NelError when the sources were not compiled
 */
export function compiledFile(name: string): string {
  const here = path.dirname(fileURLToPath(import.meta.url));
  const folder = import.meta.url.endsWith('.ts') ? path.resolve(here, '../../../dist/client/embedded') : here;
  const file = path.join(folder, name);
  if (!existsSync(file)) throw new NelError('config', `${file} is missing`, { hint: 'Run `npm run build`.' });
  return file;
}
