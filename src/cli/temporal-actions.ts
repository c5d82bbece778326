/** What `nel temporal` does. */

import { serverStatus, stopServer } from '../client/embedded/server.js';

const out = (line: string): void => void process.stdout.write(`${line}\n`);

export async function showStatus(): Promise<void> {
  const status = await serverStatus();
  if (!status.running) {
    out('not running; it is started on demand');
    return;
  }
  out(status.server ? `running at ${status.server.address}, UI at ${status.server.uiUrl}` : status.state);
  out(`state in ${status.stateDir}`);
}

export async function stop(force: boolean): Promise<void> {
  out(await stopServer({ force }));
}
