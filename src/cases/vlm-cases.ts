/** Runs files of vision-language cases: scoring functions and prompts of VLMEvalKit with what they gave there, and its table of data sets. */

import { errorMessage, NelError } from '../core/errors.js';
import { isJsonObject } from '../core/json.js';
import { answerDistance } from '../core/scoring/vlm/anls.js';
import { inferByLetter, inferByText, inferChoice } from '../core/scoring/vlm/choice.js';
import { lineMethod, lineScore, matchLine } from '../core/scoring/vlm/line.js';
import { type MathVistaRow, mathVistaCorrect, mathVistaPrefetch } from '../core/scoring/vlm/mathvista.js';
import { containsAnswer } from '../core/scoring/vlm/ocrbench.js';
import { listOfTexts } from '../core/scoring/vlm/python-literal.js';
import { relaxedCorrect } from '../core/scoring/vlm/relaxed.js';
import { normaliseAnswer, withoutPunctuation } from '../core/scoring/vlm/vqa.js';
import { extractYesNo } from '../core/scoring/vlm/yes-no.js';
import { catalogueEntry, catalogueNames } from '../core/vlm/catalogue.js';
import { promptStyleOf } from '../core/vlm/kinds.js';
import { buildPrompt, type PromptStyle } from '../core/vlm/prompts.js';
import { readCases } from './read-cases.js';

export interface VlmCaseResult {
  readonly passed: number;
  readonly failures: { id: string; message: string }[];
}

type Fields = Readonly<Record<string, unknown>>;

/** What a scoring function gives where the reference gives False. */
const found = (value: string | null): unknown => value ?? false;

/** By the first word of `fn`: what it computes from the case's fields. */
const FUNCTIONS: Readonly<Record<string, (item: Fields) => unknown>> = {
  can_infer: (item) => found(inferChoice(text(item.input), choicesOf(item.choices))),
  can_infer_option: (item) => found(inferByLetter(text(item.input), choicesOf(item.choices))),
  can_infer_text: (item) => found(inferByText(text(item.input), choicesOf(item.choices))),
  YOrN_Extraction: (item) => extractYesNo(text(item.input)),
  process_punctuation: (item) => withoutPunctuation(text(item.input)),
  process_answer: (item) => normaliseAnswer(text(item.input)),
  relaxed_correctness: (item) => relaxedCorrect(text(item.target), text(item.input)),
  anls_compute: (item) => answerDistance(text(item.gold), text(item.input)),
  process_line: lineResult,
  mathvista: mathVistaResult,
  OCRBench: (item) => (containsAnswer(text(item.gold), text(item.input), text(item.category)) ? 1 : 0),
  toliststr: (item) => (Array.isArray(item.input) ? item.input.map(text) : listOfTexts(text(item.input))),
};

/** True for the content of a file of VLM cases, or of the table of data sets; the file's name does not matter. */
export function isVlmCaseFile(json: unknown): boolean {
  if (!isJsonObject(json)) return false;
  const { cases = [], prompts = [] } = json;
  if (!Array.isArray(cases) || !Array.isArray(prompts)) return isDatasetTable(json);
  if (cases.length + prompts.length === 0) return isDatasetTable(json);
  // One function that is known tells the kind of file; one that is not is a failed case, not another kind.
  const known = cases.length === 0 || cases.some((item) => isScoringCase(item) && functionOf(item) !== undefined);
  return known && cases.every(isScoringCase) && prompts.every(isPromptCase);
}

function isScoringCase(value: unknown): value is Fields {
  return isJsonObject(value) && 'expected' in value && typeof value.fn === 'string';
}

function isPromptCase(value: unknown): value is Fields {
  return isJsonObject(value) && typeof value.label === 'string' && isJsonObject(value.line) && Array.isArray(value.vlmevalkit_msgs);
}

function isDatasetTable(json: Fields): boolean {
  const rows = Object.values(json);
  return (
    rows.length > 0 &&
    rows.every((row) => isJsonObject(row) && typeof row.class === 'string' && 'type' in row && 'url' in row && 'md5' in row)
  );
}

/**
 * Runs every case of a file.
 * @throws NelError when the file cannot be read or holds no VLM cases
 */
export async function runVlmCaseFile(path: string): Promise<VlmCaseResult> {
  const json = await readCases(path, {
    what: 'vision-language',
    accepts: isVlmCaseFile,
    needs:
      'It needs cases with fn and expected, prompts with line and vlmevalkit_msgs, or data sets by name with class, type, url and md5.',
  });
  const content = json as Fields;
  const checks = isDatasetTable(content) ? datasetChecks(content) : caseChecks(content);
  const failures: { id: string; message: string }[] = [];
  let passed = 0;
  for (const { id, check } of checks) {
    const message = messageOf(check);
    if (message === null) passed++;
    else failures.push({ id, message });
  }
  return { passed, failures };
}

interface Check {
  readonly id: string;
  readonly check: () => string | null;
}

function messageOf(check: () => string | null): string | null {
  try {
    return check();
  } catch (error) {
    return `threw ${errorMessage(error)}`;
  }
}

function caseChecks({ cases = [], prompts = [] }: Fields): Check[] {
  return [
    ...(cases as Fields[]).map((item, i) => ({ id: `cases[${i}] ${text(item.fn)}`, check: () => scoringDifference(item) })),
    ...(prompts as Fields[]).map((item, i) => ({ id: `prompts[${i}] ${text(item.label)}`, check: () => promptDifference(item) })),
  ];
}

/** `fn` may say more than a name: `anls_compute (normalised …)`, `process_line(anls)+hit_calculate(DocVQA_VAL)`. */
function functionOf(item: Fields): ((item: Fields) => unknown) | undefined {
  const name = typeof item.fn === 'string' ? /^\w+/.exec(item.fn)?.[0] : undefined;
  return name !== undefined && Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
}

function scoringDifference(item: Fields): string | null {
  const run = functionOf(item);
  return run === undefined ? `no function ${text(item.fn)} is known here` : difference(run(item), item.expected, 'the result');
}

/** The reference hands on numbers and missing values as they are and takes their texts. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

function choicesOf(value: unknown): Record<string, string> {
  return isJsonObject(value) ? Object.fromEntries(Object.entries(value).map(([letter, option]) => [letter, text(option)])) : {};
}

function lineResult(item: Fields): unknown {
  const [, method = '', dataset = ''] = /^process_line\((.*?)\)(?:\+hit_calculate\((.*?)\))?/.exec(text(item.fn)) ?? [];
  const answers = Array.isArray(item.gold) ? JSON.stringify(item.gold) : text(item.gold);
  const match = matchLine(answers, text(item.input), lineMethod(method));
  return dataset === '' ? { match } : { match, hit: lineScore(match, dataset) };
}

function mathVistaResult({ input }: Fields): unknown {
  const fields = isJsonObject(input) ? input : {};
  const row: MathVistaRow = {
    question_type: text(fields.question_type),
    answer_type: text(fields.answer_type),
    answer: fields.answer === null || fields.answer === undefined ? null : text(fields.answer),
    answer_option: fields.answer_option === undefined ? null : text(fields.answer_option),
    choices: Array.isArray(fields.choices) ? JSON.stringify(fields.choices) : text(fields.choices),
  };
  const prefetch = mathVistaPrefetch(row, text(fields.prediction));
  return {
    prefetch: prefetch === null ? false : typeof prefetch === 'bigint' ? Number(prefetch) : prefetch,
    final: mathVistaCorrect(row, text(fields.res)),
  };
}

/** The builder is told by the data set or the class that the label names. */
function promptStyle(label: string): PromptStyle {
  const named: readonly string[] = label.match(/[\w.-]+/g) ?? [];
  const names = [...named, ...catalogueNames().filter((name) => named.includes(catalogueEntry(name)?.className ?? ''))];
  for (const name of names) {
    const style = promptStyleOf(name);
    if (style !== undefined) return style;
  }
  throw new NelError('data', `no data set or class that is known here in the label ${JSON.stringify(label)}`);
}

function promptDifference(item: Fields): string | null {
  const line = item.line as Fields;
  const images = Array.isArray(line._p) ? line._p : [];
  const cells = new Map<string, string>();
  for (const [column, value] of Object.entries(line)) {
    if (value !== null && value !== undefined && column !== '_p') cells.set(column, text(value));
  }
  const parts = buildPrompt(promptStyle(text(item.label)), cells, images.length).map((part) =>
    part.type === 'text' ? { type: 'text', value: part.text } : { type: 'image', value: images[part.image] as unknown },
  );
  return difference(parts, item.vlmevalkit_msgs, 'the prompt');
}

function datasetChecks(table: Fields): Check[] {
  return Object.entries(table).map(([name, row]) => ({ id: name, check: () => datasetDifference(name, row as Fields) }));
}

/** No address and no MD5 are written as null, as an empty text, or as the word None. */
function orNull(value: unknown): unknown {
  return value === undefined || value === '' || value === 'None' ? null : value;
}

function datasetDifference(name: string, row: Fields): string | null {
  const entry = catalogueEntry(name);
  if (entry === undefined) return 'not in the catalogue';
  const { className, type, url, md5 } = entry;
  const wanted = { class: row.class, type: row.type, url: orNull(row.url), md5: orNull(row.md5) };
  return difference({ class: className, type, url, md5 }, wanted, name);
}

const TOLERANCE = 1e-9;

/** Numbers within rounding, true and 1 the same (as in Python), everything else equal; null where there is no difference. */
function difference(actual: unknown, expected: unknown, at: string): string | null {
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if (actual.length !== expected.length) return `${at} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`;
    for (let i = 0; i < expected.length; i++) {
      const message = difference(actual[i], expected[i], `${at}[${i}]`);
      if (message !== null) return message;
    }
    return null;
  }
  if (isJsonObject(expected) && isJsonObject(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const message = difference(actual[key], expected[key], `${at}.${key}`);
      if (message !== null) return message;
    }
    return null;
  }
  if (actual === expected) return null;
  const number = (value: unknown): unknown => (typeof value === 'boolean' ? Number(value) : value);
  const [given, wanted] = [number(actual), number(expected)];
  if (typeof given === 'number' && typeof wanted === 'number' && typeof actual === typeof expected && Math.abs(given - wanted) <= TOLERANCE)
    return null;
  return `${at} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`;
}
