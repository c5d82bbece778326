/** Writes a report that `--output` asked for, whole or not at all. */

import path from 'node:path';
import { writeFileAtomic } from '../artifacts/write-atomic.js';
import { errorMessage, NelError } from '../core/errors.js';

export type ReportFormat = 'text' | 'json' | 'markdown' | 'junit';

const BY_EXTENSION: Readonly<Record<string, ReportFormat>> = {
  '.json': 'json',
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.xml': 'junit',
  '.txt': 'text',
};

/** By the file's ending; without a known one as printed, but JSON instead of text. */
export function reportFormat(file: string, printed: ReportFormat): ReportFormat {
  return BY_EXTENSION[path.extname(file).toLowerCase()] ?? (printed === 'text' ? 'json' : printed);
}

/** @throws NelError of kind `usage` where the file cannot be written */
export async function saveReport(file: string, text: string, cwd: string): Promise<void> {
  try {
    await writeFileAtomic(path.resolve(cwd, file), text);
  } catch (error) {
    throw new NelError('usage', `the report cannot be written: ${errorMessage(error)}`, { at: { file }, cause: error });
  }
}
