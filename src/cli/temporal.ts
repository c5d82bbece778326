/** `nel temporal`: the embedded Temporal server of this user. */

import type { Command } from 'commander';

export function registerTemporal(program: Command): void {
  const temporal = program.command('temporal').description('the embedded Temporal server');
  temporal
    .command('status')
    .description('whether it runs, and where')
    .action(async () => (await import('./temporal-actions.js')).showStatus());
  temporal
    .command('stop')
    .description('stop it; runs stay in its database and in their directories')
    .option('--force', 'also with open runs or other nel processes')
    .action(async ({ force }: { readonly force?: boolean }) => (await import('./temporal-actions.js')).stop(force ?? false));
}
