// Writes schemas/*.json from the compiled zod schemas (dist/); with --check, fails when one is stale.

import { evalConfigJsonSchema } from '../dist/config/json-schema.js';
import { policyJsonSchema } from '../dist/config/policy.js';
import { writeOrCheck } from './generated.mjs';

const json = (schema) => `${JSON.stringify(schema, null, 2)}\n`;

writeOrCheck(
  { 'schemas/eval-config.schema.json': json(evalConfigJsonSchema()), 'schemas/gate-policy.schema.json': json(policyJsonSchema()) },
  'npm run build && node scripts/schemas.mjs',
);
