/** `nel runs`: lists, shows and steers runs, whoever started them. */

import { type Command, InvalidArgumentError } from 'commander';

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 is expected.');
  return value;
}

export function registerRuns(program: Command): void {
  const runs = program.command('runs').description('list, watch, pause, resume and cancel runs (RUN is a run id or an output directory)');
  const act = async <K extends keyof typeof import('./runs-actions.js')>(name: K): Promise<typeof import('./runs-actions.js')[K]> =>
    (await import('./runs-actions.js'))[name];
  runs
    .command('list')
    .description('the latest runs that this Temporal server knows')
    .option('--limit <n>', 'how many', wholeNumber, 20)
    .action(async ({ limit }: { readonly limit: number }) => (await act('listRuns'))(limit));
  runs
    .command('show <run>')
    .description('where a run stands')
    .action(async (run: string) => (await act('showRun'))(run));
  runs
    .command('pause <run>')
    .description('start no new batches; those under way finish')
    .action(async (run: string) => (await act('pauseRun'))(run));
  runs
    .command('resume <run>')
    .description('go on with a paused run')
    .action(async (run: string) => (await act('resumeRun'))(run));
  runs
    .command('cancel <run>')
    .description('stop a run; it can be gone on with by `nel eval run … --resume`')
    .action(async (run: string) => (await act('cancelRun'))(run));
  runs
    .command('concurrency <run> <n>')
    .description('most calls in flight at each endpoint, from the next batch on')
    .action(async (run: string, n: string) => (await act('setConcurrency'))(run, wholeNumber(n)));
}
