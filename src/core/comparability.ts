/** Whether two runs of a benchmark may be paired at all: the same questions, prompt, scorer and limits. Looks at bundles, before any score. */

import { isJsonObject, type Json, type JsonObject } from './json.js';

/** What gate and compare use of a bundle; files of other tools may have the name alone. */
export interface BundleSummary {
  readonly name: string;
  readonly run_id: string | null;
  readonly timestamp: string | null;
  /** By metric; `value` is null where the file has no finite number. */
  readonly scores: Readonly<Record<string, BundleScore>>;
  readonly categories: Readonly<Record<string, { readonly mean_reward: number; readonly n: number | null }>>;
  readonly config: JsonObject | null;
  readonly dataset: { readonly fingerprint: string | null; readonly size: number | null };
  readonly coverage: { readonly expected: number | null; readonly errors: number | null };
  /** Numbers of `runtime`, nested ones with dotted names. */
  readonly runtime: Readonly<Record<string, number>>;
}

export interface BundleScore {
  readonly value: number | null;
  readonly ci_lower: number | null;
  readonly ci_upper: number | null;
}

/** The first four make pairing meaningless; a setting is worth a warning; a model is what one compares. */
export type DifferenceKind = 'dataset' | 'prompt' | 'scorer' | 'limit' | 'setting' | 'model';

export interface Difference {
  readonly kind: DifferenceKind;
  /** Where it stands in the bundle: `dataset.fingerprint`, `config.system_prompt`. */
  readonly field: string;
  readonly baseline: Json;
  readonly candidate: Json;
}

const BREAKING: ReadonlySet<DifferenceKind> = new Set(['dataset', 'prompt', 'scorer', 'limit']);
const ORDER: readonly DifferenceKind[] = ['dataset', 'prompt', 'scorer', 'limit', 'setting', 'model'];

/** Whether this difference means that the two sides were not asked, or judged, alike. */
export function breaksPairing(difference: Difference): boolean {
  return BREAKING.has(difference.kind);
}

/** All differences of the two bundles' data set and config, the gravest kind first, then by field. */
export function bundleDifferences(baseline: BundleSummary, candidate: BundleSummary): Difference[] {
  const found: Difference[] = [];
  const said = new Set<string>();
  const { fingerprint: before } = baseline.dataset;
  const { fingerprint: after } = candidate.dataset;
  if (before !== null && after !== null && before !== after) {
    found.push({ kind: 'dataset', field: 'dataset.fingerprint', baseline: before, candidate: after });
    said.add(`${JSON.stringify(before)} ${JSON.stringify(after)}`);
  }
  if (baseline.config !== null && candidate.config !== null) {
    const left = leaves(baseline.config, 'config');
    const right = leaves(candidate.config, 'config');
    for (const field of new Set([...left.keys(), ...right.keys()])) {
      const kind = metricKind(field, baseline.config, candidate.config) ?? kindOf(field);
      const [a, b] = [left.get(field) ?? null, right.get(field) ?? null];
      const difference = `${JSON.stringify(a)} ${JSON.stringify(b)}`;
      if (kind === null || JSON.stringify(a) === JSON.stringify(b)) continue;
      // The same rows from another place.
      if (kind === 'dataset' && before !== null && before === after) continue;
      // A config may say the same thing twice: the fingerprint, a service's generation settings and those of the benchmark.
      const same = kind === 'dataset' ? difference : `${field.split('.').at(-1)} ${difference}`;
      if (said.has(same)) continue;
      said.add(same);
      found.push({ kind, field, baseline: a, candidate: b });
    }
  }
  return found.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || (a.field < b.field ? -1 : 1));
}

/** Values of a config by dotted path; a list is one value. */
function leaves(value: Json, path: string, into = new Map<string, Json>()): Map<string, Json> {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    for (const [key, child] of Object.entries(value)) leaves(child, `${path}.${key}`, into);
  } else into.set(path, value);
  return into;
}

/** Says nothing about answers: where a run went and how fast it was allowed to be. */
const IRRELEVANT =
  /^(name|benchmark|ref|run_id|timestamp|output|output_dir|dir|concurrency|request_timeout|timeout|max_retries|retries|api_key|api_key_env|api_key_name|parallelism|workers|shards|progress|verbose)$/;
/** Never shown, whoever wrote it into a bundle. */
const CREDENTIAL = /api[_-]?key|secret|passw|credential|authorization|bearer|(access|auth|id|hf)[_-]?token$/i;
const BY_NAME: readonly (readonly [RegExp, DifferenceKind])[] = [
  [/^(dataset|data_set|dataset_.*|fingerprint|split|revision|local_path)$/, 'dataset'],
  [/^(prompt|.*_prompt|prompt_.*|template|few_?shots?|num_fewshot|n_shots?|messages|definition|definition_hash)$/i, 'prompt'],
  [/^(scorer|scorers|scoring|scoring_.*|verifier|judge|judge_.*)$/, 'scorer'],
  [/^(max_problems|n_problems|limit|limit_samples|max_samples|num_samples)$/, 'limit'],
  [/^(model|models|model_id|model_name|model_url|model_path|url|base_url|endpoint|checkpoint)$/, 'model'],
];

/**
 * For a field of a metric beside the reward (`config.metrics.<name>…`): one that both sides have scores differently there; one that a side
 * lacks takes nothing from the other scores. Null for any other field.
 */
function metricKind(field: string, baseline: JsonObject, candidate: JsonObject): DifferenceKind | null {
  if (!field.startsWith('config.metrics.') || isMovedJudge(field)) return null;
  const [before, after] = [baseline['metrics'], candidate['metrics']];
  if (!isJsonObject(before) || !isJsonObject(after)) return 'setting';
  return Object.keys(before).some((name) => Object.hasOwn(after, name) && field.startsWith(`config.metrics.${name}.`))
    ? 'scorer'
    : 'setting';
}

/** The same judge behind another address. */
function isMovedJudge(field: string): boolean {
  return /\.judge\.(?:url|protocol)$/.test(field);
}

/** The outermost name on the path that means something decides; null: of no interest. */
function kindOf(field: string): DifferenceKind | null {
  const names = field.split('.').slice(1);
  if (IRRELEVANT.test(names.at(-1) ?? '') || names.some((name) => CREDENTIAL.test(name))) return null;
  if (isMovedJudge(field)) return 'setting';
  for (const name of names) {
    for (const [pattern, kind] of BY_NAME) if (pattern.test(name)) return kind;
  }
  return 'setting';
}
