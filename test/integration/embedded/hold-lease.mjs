/** A process that holds a lease on the embedded server of $NEL_STATE_DIR: prints one JSON line once it has it, and stays until it is ended. */
import { ensureServer } from '../../../dist/client/embedded/server.js';

const { address, uiUrl } = await ensureServer();
process.stdout.write(`${JSON.stringify({ address, uiUrl })}\n`);
setInterval(() => undefined, 1000);
