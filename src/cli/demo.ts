/** `nel demo`: flags of the demonstration. Everything heavy is loaded when it runs. */

import { type Command, InvalidArgumentError } from 'commander';

export interface DemoOptions {
  readonly outputDir?: string;
  readonly serve?: boolean;
  readonly port?: number;
}

export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('the whole way on practice models: evaluate two of them, compare, decide; no account, no key, no cost')
    .option('-o, --output-dir <dir>', 'where all files go (default: a new folder results/demo-<time>)')
    .option('--serve', 'only serve the practice models until Ctrl-C, to try commands by hand')
    .option('--port <n>', 'port of the practice models (default: a free one; with --serve 8899)', port)
    .action(async (options: DemoOptions) => {
      const { runDemo, servePractice } = await import('./demo-run.js');
      process.exitCode = options.serve ? await servePractice(options.port) : await runDemo(options);
    });
}

function port(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError('a port is expected.');
  return value;
}
