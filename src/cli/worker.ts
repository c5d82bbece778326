/** `nel worker`: serves runs of a shared Temporal cluster, or the schedules of this machine's own server. */

import type { Command } from 'commander';

export function registerWorker(program: Command): void {
  program
    .command('worker')
    .description('serve runs of the Temporal cluster at TEMPORAL_ADDRESS until stopped')
    .option('--task-queue <name>', 'queue to poll (env NEL_TASK_QUEUE; default: nel)')
    .option('--embedded', "without TEMPORAL_ADDRESS: serve the schedules of this machine's embedded server, and keep it running")
    .action(async (options: { readonly taskQueue?: string; readonly embedded?: boolean }) => {
      const { runWorker } = await import('./worker-run.js');
      process.exitCode = await runWorker(options.taskQueue, options.embedded ?? false);
    });
}
