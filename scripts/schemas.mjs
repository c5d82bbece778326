// Writes schemas/*.json from the compiled zod schemas (dist/); with --check, fails when one is stale.

import { evalConfigJsonSchema } from '../dist/config/json-schema.js';
import { writeOrCheck } from './generated.mjs';

const json = (schema) => `${JSON.stringify(schema, null, 2)}\n`;

writeOrCheck({ 'schemas/eval-config.schema.json': json(evalConfigJsonSchema()) }, 'npm run build && node scripts/schemas.mjs');
