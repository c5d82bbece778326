/** `nel rescore`: flags. The work is in modules that are loaded when it runs. */

import type { Command } from 'commander';

export interface RescoreOptions {
  readonly metric?: readonly string[];
  readonly config?: string;
  readonly judgeUrl?: string;
  readonly judgeModel?: string;
  readonly judgeKeyEnv?: string;
  readonly rubric?: string;
  readonly reward?: string;
  readonly outputDir?: string;
}

export function registerRescore(program: Command): void {
  program
    .command('rescore')
    .description("score the stored answers of a run again: by further metrics, or by the benchmark's scorer as it is now")
    .argument('<dir>', 'output directory of a finished run')
    .option('-m, --metric <metric>', 'a scorer by name, or a mapping as in a config; can be repeated', (value, earlier: string[] = []) => [
      ...earlier,
      value,
    ])
    .option('-c, --config <file>', 'config whose services judges ask')
    .option('--judge-url <url>', 'endpoint of a judge')
    .option('--judge-model <id>', 'its model')
    .option('--judge-key-env <name>', 'variable with its API key')
    .option('--rubric <text>', 'what the judge grades by')
    .option('--reward <metric>', 'this metric becomes the reward')
    .option('-o, --output-dir <dir>', 'where the re-scored run goes (default: DIR-rescored)')
    .addHelpText(
      'after',
      `
Examples:
  $ nel rescore ./results --metric token_f1 --metric '{type: regex, pattern: "[0-9]+"}'
  $ nel rescore ./results --judge-url http://localhost:8000/v1 --judge-model big \\
      --rubric 'Is the answer polite?' -o ./judged`,
    )
    .action(async (dir: string, options: RescoreOptions) => {
      const { runRescore } = await import('./rescore-run.js');
      process.exitCode = await runRescore(dir, options);
    });
}
