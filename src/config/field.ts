/** An optional field of a config with its documentation: what schemas are written with, and what the reference is generated from. */

import type { z } from 'zod';
import type { Json } from '../core/json.js';

/** @param description what it is, unit, trap; the range comes from the schema, the default from `fallback` */
export function field<T extends z.ZodType>(schema: T, description: string, fallback?: Json): z.ZodOptional<T> {
  return schema.optional().meta(fallback === undefined ? { description } : { description, default: fallback });
}
