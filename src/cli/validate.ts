/** `nel validate`: a few samples of a benchmark in full, to see that prompt, extraction and scorer do what was meant. */

import { type Command, InvalidArgumentError } from 'commander';
import { EXIT } from './exit-codes.js';

export interface ValidateOptions {
  readonly bench: string;
  readonly samples: number;
  readonly modelUrl?: string;
  readonly modelId?: string;
  readonly apiKeyEnv?: string;
}

export function registerValidate(program: Command): void {
  program
    .command('validate')
    .description('ask and score a few samples and show all of it; without a model the target itself is the answer')
    .requiredOption('-b, --bench <name>', 'a built-in benchmark or a .ts/.js file')
    .option(
      '--samples <n>',
      'how many',
      (text) => {
        const value = Number(text);
        if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 is expected.');
        return value;
      },
      10,
    )
    .option('--model-url <url>', 'endpoint (env NEMO_MODEL_URL)')
    .option('--model-id <id>', 'model name (env NEMO_MODEL_ID)')
    .option('--api-key-env <name>', 'variable with the API key')
    .action(async (options: ValidateOptions) => {
      // A scorer may end the process, or leave it with nothing to wait for: that is no success.
      let finished = false;
      process.once('exit', () => {
        if (!finished) process.exitCode = EXIT.RUN_FAILED;
      });
      const { validate } = await import('./validate-run.js');
      try {
        process.exitCode = await validate(options);
      } finally {
        // An error has an exit code of its own.
        finished = true;
      }
    });
}
