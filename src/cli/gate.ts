/** `nel gate`: flags of the release decision. Everything heavy is loaded when it runs, so that help is instant. */

import { type Command, Option } from 'commander';
import { type CommandIo, processIo } from './command-io.js';

export interface GateOptions {
  readonly policy: string;
  readonly strict: boolean;
  readonly output?: string;
  readonly format: 'text' | 'json' | 'markdown' | 'junit';
  readonly verbose?: boolean;
  readonly evidence?: 'point' | 'confidence';
  readonly force?: boolean;
  readonly explainPolicy?: boolean;
  readonly durable?: boolean;
}

export function registerGate(program: Command, io: CommandIo = processIo): void {
  program
    .command('gate')
    .description('decide a release: hold a candidate against a baseline by a policy, benchmark by benchmark')
    .argument('[baseline]', 'results directory of the baseline, searched for eval-*.json at any depth; or its eval config (.yaml)')
    .argument('[candidate]', 'the same of the candidate; a config is evaluated first, or gone on with')
    .requiredOption('-p, --policy <file>', 'gate policy (YAML)')
    .option('--strict', 'exit 1 for NO-GO and 2 for INCONCLUSIVE (default)', true)
    .option('--no-strict', 'exit 0 for any verdict; errors still exit 3')
    .option('-o, --output <file>', 'also write the report: .json, .md, .xml (JUnit) or .txt')
    .addOption(new Option('--format <format>', 'what is printed').choices(['text', 'json', 'markdown', 'junit']).default('text'))
    .option('--verbose', 'scores, intervals, paired items, coverage, warnings, and how many items would settle it')
    .addOption(
      new Option('--evidence <rule>', 'override the policy: point (the delta decides) or confidence (its 95% interval does)').choices([
        'point',
        'confidence',
      ]),
    )
    .option('--force', 'pair runs whose data set, prompt, scorer or limits differ')
    .option('--durable', 'decide in a Temporal workflow, as is done anyway when a side is a config')
    .option('--explain-policy', 'print the rule of each benchmark, and how many items it takes, and stop')
    .addHelpText('after', '\nExit codes: 0 GO, 1 NO-GO, 2 INCONCLUSIVE, 3 usage, policy or data error.')
    .action(async (baseline: string | undefined, candidate: string | undefined, options: GateOptions) => {
      const { runGate } = await import('./gate-run.js');
      io.exit(await runGate({ baseline, candidate, options, io }));
    });
}
