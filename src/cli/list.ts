/** `nel list benchmarks`: what can be named after --bench. */

import type { Command } from 'commander';

export function registerList(program: Command): void {
  program
    .command('list')
    .description('list what is built in')
    .command('benchmarks')
    .description('the built-in benchmarks')
    .option('--verbose', 'data set, target, scorer and prompt of each')
    .action(async ({ verbose }: { readonly verbose?: boolean }) => (await import('./list-benchmarks.js')).listBenchmarks(verbose ?? false));
}
