/** The result file of a program of one's own as samples: JSON, JSON Lines or CSV, with the fields where the config says. Used by generic.ts. */

import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { errorMessage, NelError } from '../../core/errors.js';
import type { HarnessRecordContext, HarnessReport, HarnessResultsSpec } from '../../core/harness.js';
import { isJsonObject } from '../../core/json.js';
import type { SampleRecord } from '../../core/sample.js';
import {
  type HarnessSample,
  numberOf,
  parsePythonJson,
  pythonJsonLines,
  RECORD_BATCH,
  sha256,
  textOf,
  toRecord,
  valueAt,
} from './records.js';

type Row = Readonly<Record<string, unknown>>;

/** Reads all rows, so that what is wrong with them is told before the run counts as done. */
export async function genericReport(
  outputDir: string,
  spec: HarnessResultsSpec,
  program: { readonly tool: string; readonly command: readonly string[] },
): Promise<HarnessReport> {
  const questions = createHash('sha256');
  const prompts = createHash('sha256');
  let problems = 0;
  for await (const { problem_idx, prompt, expected } of samples(outputDir, spec, program.tool)) {
    questions.update(JSON.stringify([problem_idx, spec.fields.expected === null ? prompt : expected]));
    prompts.update(JSON.stringify(prompt));
    problems++;
  }
  return {
    problems,
    datasetSize: null,
    datasetIdentity: questions.digest('hex'),
    identity: { tool: program.tool, ...(spec.fields.prompt === null ? {} : { prompt_hash: sha256(prompts.digest('hex')) }) },
    scorer: program.tool,
    scores: {},
    notes: [],
    cacheable: true,
  };
}

export async function* genericRecords(
  outputDir: string,
  spec: HarnessResultsSpec,
  context: HarnessRecordContext,
  tool: string,
): AsyncGenerator<readonly SampleRecord[]> {
  let batch: SampleRecord[] = [];
  for await (const sample of samples(outputDir, spec, tool)) {
    batch.push(toRecord(sample, context));
    if (batch.length < RECORD_BATCH) continue;
    yield batch;
    batch = [];
  }
  yield batch;
}

/** @throws NelError of kind `data`: no rows, a row without a reward, or problems that are not 0, 1, 2 … each once */
async function* samples(outputDir: string, spec: HarnessResultsSpec, tool: string): AsyncGenerator<HarnessSample> {
  const file = findFile(outputDir, spec.file);
  const all: HarnessSample[] = [];
  let place = 0;
  let ordered = true;
  for await (const row of rowsOf(file, spec)) {
    const sample = toSample(row, place, { file, spec, tool });
    ordered &&= sample.problem_idx === place;
    place++;
    // Files in order are handed on as they are read; from the first row out of order on, all are held to be sorted.
    if (ordered) yield sample;
    else all.push(sample);
  }
  if (place === 0) throw new NelError('data', 'holds no results', { at: { file } });
  let expected = place - all.length;
  for (const sample of all.sort((a, b) => a.problem_idx - b.problem_idx)) {
    if (sample.problem_idx !== expected) {
      const what = sample.problem_idx < expected ? `holds problem ${sample.problem_idx} twice` : `holds no problem ${expected}`;
      throw new NelError('data', what, {
        at: { file },
        hint: 'Problems are counted from 0; take problem_idx out of harness.results.fields to count rows.',
      });
    }
    expected++;
    yield sample;
  }
}

function toSample(row: Row, place: number, { file, spec, tool }: { file: string; spec: HarnessResultsSpec; tool: string }): HarnessSample {
  const { fields, metrics } = spec;
  const number = (name: string, at: string): number => {
    const value = numberOf(valueAt(row, at));
    if (value !== undefined) return value;
    throw new NelError('data', `row ${place + 1}: ${name} (${at}) is ${shown(valueAt(row, at))}, not a number`, {
      at: { file },
      hint: `The row has ${Object.keys(row).slice(0, 20).join(', ')}.`,
    });
  };
  const text = (at: string | null): string | null => (at === null ? null : textOf(valueAt(row, at)));
  const problem_idx = fields.problem_idx === null ? place : number('problem_idx', fields.problem_idx);
  if (!Number.isInteger(problem_idx) || problem_idx < 0)
    throw new NelError('data', `row ${place + 1}: problem_idx is ${problem_idx}, not a whole number from 0`, { at: { file } });
  const prompt = text(fields.prompt) ?? '';
  return {
    problem_idx,
    reward: number('reward', fields.reward),
    prompt,
    messages: prompt === '' ? [] : [{ role: 'user', content: prompt }],
    response: text(fields.response),
    extracted: text(fields.extracted),
    expected: text(fields.expected) ?? '',
    category: text(fields.category),
    scoring_method: tool,
    scoring_details: Object.fromEntries(Object.entries(metrics).map(([name, at]) => [name, number(name, at)])),
    metadata: {},
    unreadable: false,
  };
}

function shown(value: unknown): string {
  return value === undefined ? 'absent' : (JSON.stringify(value) ?? 'absent').slice(0, 60);
}

/** The one file below the folder that the pattern names. */
function findFile(outputDir: string, pattern: string): string {
  const found = readdirSync(outputDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(outputDir, path.join(entry.parentPath ?? entry.path, entry.name)))
    .filter((name) => matches(pattern, name))
    .sort();
  const [first] = found;
  if (first !== undefined && found.length === 1) return path.join(outputDir, first);
  throw new NelError(
    'data',
    `${found.length === 0 ? 'no file' : `${found.length} files`} in ${outputDir} match ${JSON.stringify(pattern)}`,
    {
      hint: found.length === 0 ? 'harness.log says what the program printed.' : `One has to: ${found.slice(0, 5).join(', ')}.`,
    },
  );
}

/** `*` stands for anything but a slash. Linear in the name but for the number of stars. */
export function matches(pattern: string, name: string): boolean {
  const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${pattern.split('*').map(literal).join('[^/]*')}$`).test(name);
}

async function* rowsOf(file: string, { format, rows }: HarnessResultsSpec): AsyncGenerator<Row> {
  switch (format) {
    case 'jsonl':
      yield* pythonJsonLines(file);
      return;
    case 'csv':
      yield* csvRows(file, await readFile(file, 'utf8'));
      return;
    case 'json':
      yield* listedRows(file, await readFile(file, 'utf8'), rows);
  }
}

function csvRows(file: string, text: string): Row[] {
  try {
    return parseCsv(text, { columns: true, bom: true, skip_empty_lines: true }) as unknown as Row[];
  } catch (error) {
    throw new NelError('data', errorMessage(error), { at: { file }, cause: error });
  }
}

function listedRows(file: string, text: string, at: string | null): Row[] {
  // An array is no object: under a name it can be read by the same reader.
  const list = valueAt(parsePythonJson(`{"file":${text.replace(/^\uFEFF/, '')}}`, file), at === null ? 'file' : `file.${at}`);
  if (!Array.isArray(list))
    throw new NelError('data', `holds no list of rows${at === null ? '' : ` at ${at}`}`, {
      at: { file },
      hint: 'harness.results.rows is the dotted path of the list.',
    });
  return list.map((row: unknown, i) => {
    if (!isJsonObject(row)) throw new NelError('data', `row ${i + 1} is not an object`, { at: { file } });
    return row;
  });
}
