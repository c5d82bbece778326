/** `nel compare`: flags of the comparison of two runs. Everything heavy is loaded when it runs. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { type CommandIo, processIo } from './command-io.js';

export interface CompareOptions {
  readonly showFlips?: boolean;
  readonly verbose?: boolean;
  readonly strict?: boolean;
  readonly maxDrop: number;
  readonly correctAbove: number;
  readonly format: 'text' | 'json' | 'markdown';
  readonly output?: string;
  readonly force?: boolean;
}

export function registerCompare(program: Command, io: CommandIo = processIo): void {
  program
    .command('compare')
    .description('what changed between two runs: deltas with tests, by category, and which answers flipped')
    .argument('<baseline>', 'results directory, searched for eval-*.json at any depth, or a bundle')
    .argument('<candidate>', 'the same of the candidate')
    .option('--show-flips', 'list every sample that went from right to wrong or back, with both answers')
    .option('--verbose', 'p-values, smallest change that would show, all runtime figures')
    .option('--strict', 'exit 1 for BLOCK (a regression), 2 for WARN and INCONCLUSIVE')
    .option('-t, --max-drop <x>', 'largest drop of the mean reward that is no regression', numberFrom(0), 0.05)
    .option('--correct-above <x>', 'a sample is right when its reward is above this', numberFrom(Number.NEGATIVE_INFINITY), 0)
    .addOption(new Option('--format <format>', 'what is printed').choices(['text', 'json', 'markdown']).default('text'))
    .option('-o, --output <file>', 'also write the report: .json (regression.json), .md or .txt')
    .option('--force', 'compare runs over different data sets')
    .addHelpText('after', '\nExit codes: 0, under --strict 1 BLOCK, 2 WARN or INCONCLUSIVE; 3 usage or data error.')
    .action(async (baseline: string, candidate: string, options: CompareOptions) => {
      const { runCompare } = await import('./compare-run.js');
      io.exit(await runCompare({ baseline, candidate, options, io }));
    });
}

function numberFrom(least: number): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(value) || value < least) throw new InvalidArgumentError(`a number${least === 0 ? ' from 0' : ''} is expected.`);
    return value;
  };
}
