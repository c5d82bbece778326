/** `nel worker`: serves runs of a shared Temporal cluster. */

import type { Command } from 'commander';

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .description('serve runs of the Temporal cluster at TEMPORAL_ADDRESS until stopped')
    .option('--task-queue <name>', 'queue to poll (env NEL_TASK_QUEUE; default: nel)')
    .action(async (options: { readonly taskQueue?: string }) => {
      const { runWorker } = await import('./worker-run.js');
      process.exitCode = await runWorker(options.taskQueue);
    });
}
