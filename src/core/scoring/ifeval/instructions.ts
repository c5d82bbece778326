/** Reads the instructions of a row of IFEval: their types and arguments. The way from the data set into the scorer and its ideal answers. */

import type { Row } from '../../benchmark.js';
import { NelError } from '../../errors.js';
import { isJsonObject } from '../../json.js';
import type { Kwargs } from './arguments.js';

export interface Instruction {
  readonly instructionId: string;
  readonly kwargs: Kwargs;
}

/**
 * The instructions of a row in the form of google/IFEval: `instruction_id_list`, and under `kwargs` as many objects with their
 * arguments, those of other instructions null or left out. Either field, and each object, may be JSON text, as CSV files hold it.
 *
 * @throws NelError (data) where a field is missing or of another form, or the two lists do not match.
 */
export function instructionsOf(row: Row): readonly Instruction[] {
  const ids = parsed(row.instruction_id_list);
  const kwargs = parsed(row.kwargs);
  if (!Array.isArray(ids) || ids.length === 0 || !ids.every((id): id is string => typeof id === 'string')) {
    throw wrong('instruction_id_list', 'a list of instruction names, such as ["punctuation:no_comma"]');
  }
  if (!Array.isArray(kwargs) || kwargs.length !== ids.length) {
    throw wrong('kwargs', `a list of ${ids.length} objects, one for each name in instruction_id_list`);
  }
  return ids.map((instructionId, i) => {
    const own: unknown = parsed(kwargs[i]) ?? {};
    if (!isJsonObject(own)) throw wrong('kwargs', `a list of objects; what stands at ${i} is none`);
    return { instructionId, kwargs: own };
  });
}

/** How many instructions a row has, also one that `instructionsOf` would not read; 0 without a list. */
export function instructionCount(row: Row): number {
  const ids = parsed(row.instruction_id_list);
  return Array.isArray(ids) ? ids.length : 0;
}

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return undefined;
  }
}

function wrong(field: string, wanted: string): NelError {
  return new NelError('data', `the field ${field} of an IFEval row must be ${wanted}`, {
    hint: 'rows have the form of the data set google/IFEval',
  });
}
