// Writes the generated pages of docs/reference from the compiled code (dist/); with --check, fails when one is stale.

import { configReference } from '../dist/config/reference.js';
import { writeOrCheck } from './generated.mjs';

writeOrCheck({ 'docs/reference/config.md': configReference() }, 'npm run build && node scripts/docs.mjs');
