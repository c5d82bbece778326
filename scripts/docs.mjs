// Writes the generated pages of docs/reference from the compiled code (dist/); with --check, fails when one is stale.

import { configReference } from '../dist/config/reference.js';
import { cliReference } from './cli-reference.mjs';
import { writeOrCheck } from './generated.mjs';

writeOrCheck(
  { 'docs/reference/config.md': configReference(), 'docs/reference/cli.md': cliReference() },
  'npm run build && node scripts/docs.mjs',
);
