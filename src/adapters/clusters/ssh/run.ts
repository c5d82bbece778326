/** Runs an argument vector on a login node: in a login shell, so that sbatch is found as it is by a person, and without the noise of its profile. */

import { randomBytes } from 'node:crypto';
import type { Client, ClientChannel } from 'ssh2';
import { ClusterUnreachable, type CommandOptions, type CommandResult } from '../../../core/cluster.js';
import { NelError } from '../../../core/errors.js';
import { KeptOutput } from '../kept-output.js';
import { quoteCommand } from '../quote.js';
import { NoChannel } from './connection.js';

const DEFAULT_TIMEOUT_MS = 60_000;

/** Profiles greet, warn and print quotas: what counts comes after this line. */
const newMarker = (): string => `nel-${randomBytes(9).toString('hex')}`;

/** The text for the user's login shell, whichever it is: one word for bash, which then becomes the command. */
export function commandLine(command: readonly string[], marker: string): string {
  const line = `printf '%s\\n' ${marker}; printf '%s\\n' ${marker} >&2; exec ${quoteCommand(command)}`;
  return quoteCommand(['bash', '-lc', line]);
}

/** What comes after the marker's line; nothing when it never came. */
export function afterMarker(text: string, marker: string): string {
  const at = text.indexOf(`${marker}\n`);
  return at < 0 ? '' : text.slice(at + marker.length + 1);
}

/** @throws ClusterUnreachable when the connection broke or time ran out before the end was known */
export function runRemotely(client: Client, command: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { stdin, signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const marker = newMarker();
  const line = commandLine(command, marker);
  return new Promise((resolve, reject) => {
    client.exec(line, (error, channel) => {
      if (error !== undefined) {
        reject(new NoChannel(`no channel for a command: ${error.message}`, { cause: error }));
        return;
      }
      const fail = (reason: unknown): void => {
        channel.close();
        reject(reason);
      };
      const timer = setTimeout(() => fail(new ClusterUnreachable(`${command[0]} gave no answer within ${timeoutMs / 1000} s`)), timeoutMs);
      const aborted = (): void => fail(signal?.reason);
      if (signal?.aborted === true) aborted();
      signal?.addEventListener('abort', aborted, { once: true });
      collect(channel, (code, killedBy, stdout, stderr) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', aborted);
        if (code !== null)
          resolve({ code, stdout: afterMarker(stdout, marker), stderr: afterMarker(stderr, marker) || (code === 0 ? '' : stderr) });
        else if (killedBy !== null) reject(new NelError('run', `${command[0]} was ended by SIG${killedBy}`));
        else reject(new ClusterUnreachable(`the connection broke while ${command[0]} ran`));
      });
      channel.on('error', () => {});
      channel.end(stdin ?? '');
    });
  });
}

type Ended = (code: number | null, killedBy: string | null, stdout: string, stderr: string) => void;

function collect(channel: ClientChannel, ended: Ended): void {
  const out = new KeptOutput();
  const err = new KeptOutput();
  let code: number | null = null;
  let killedBy: string | null = null;
  channel.on('data', out.add);
  channel.stderr.on('data', err.add);
  channel.on('exit', (exitCode: number | null, name?: string) => {
    code = exitCode;
    killedBy = name ?? null;
  });
  channel.on('close', () => ended(code, killedBy, out.text, err.text));
}
