/** Where tests find the real benchmark data: beside the project, absent on most machines. Tests that read it are skipped without it. */

import path from 'node:path';

export const DATA_DIR = path.resolve(import.meta.dirname, '../../shared/data');
