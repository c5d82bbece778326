/**
 * Entry file of a child process: lets the SDK download the Temporal CLI into the folder given as its argument, as temporal-vVERSION.
 * The SDK only downloads on the way to starting a server; asked for --help, the program ends at once and no server is left when this process
 * is killed, which its parent does as soon as the file is whole.
 */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { errorMessage } from '../../core/errors.js';
import { CLI_VERSION } from './wheel.js';

Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
try {
  await Runtime.instance().createEphemeralServer({
    type: 'dev-server',
    exe: {
      type: 'cached-download',
      downloadDir: process.argv[2] ?? null,
      version: `v${CLI_VERSION}`,
      ttl: 0,
      sdkName: 'sdk-typescript',
      sdkVersion: CLI_VERSION,
    },
    namespace: 'default',
    ip: '127.0.0.1',
    port: null,
    uiPort: null,
    dbFilename: null,
    ui: false,
    log: { format: 'text', level: 'error' },
    extraArgs: ['--help'],
  });
} catch (error) {
  // The innermost cause stands at the end of the SDK's message.
  process.stderr.write(`${errorMessage(error).split(': ').slice(-3).join(': ')}\n`);
  process.exitCode = 1;
}
process.exit();
