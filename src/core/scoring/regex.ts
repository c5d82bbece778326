/** The regex scorer: takes what a pattern of the benchmark's author captures, and compares it with the target. */

import type { Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { errorMessage, NelError } from '../errors.js';
import { judged, nothingExtracted, scorerName } from './failure.js';
import { targetList } from './targets.js';
import { sameAnswer } from './text.js';

export interface RegexMatchOptions {
  /** A regular expression, as text or as an object, whose flags then count. */
  readonly pattern: string | RegExp;
  /** Flags for a pattern given as text: `i`, `m`, `s`, `u`, `v`. Default `u`. */
  readonly flags?: string;
  /** The group that is the answer, by number or name; 0 is the whole match. Default: the first group that took part, or 0 without groups. */
  readonly group?: number | string;
  /** Take the last match instead of the first. Default false. */
  readonly last?: boolean;
  /** `same` (default) compares numbers by value and texts without case and decoration, `exact` character by character. */
  readonly compare?: 'same' | 'exact';
}

const FLAGS = /^[dimsuv]*$/;

/**
 * The target may be a JSON array of right answers. An empty capture is no answer.
 *
 * Model text is hostile: write patterns without nested repetition (`(a+)+`) and without two neighbours that match the same characters,
 * or a single long answer can take minutes. Nothing here can stop a regular expression that runs.
 *
 * @throws NelError of kind `config` for a pattern, flag or group that there is not
 */
export function regexMatch(options: RegexMatchOptions): Scorer {
  const { group, last = false, compare = 'same' } = options;
  const pattern = compiled(options);
  checkGroup(pattern, group);
  return {
    name: scorerName('regex_match', {
      compare: compare === 'same' ? undefined : compare,
      group,
      last: last || undefined,
      pattern: `/${pattern.source}/${pattern.flags.replace('g', '')}`,
    }),
    score({ response, target }: ScorerInput): ScorerResult {
      const extracted = capture(response, pattern, { group, last });
      if (extracted === null) return nothingExtracted(response);
      const right = targetList(target).some((gold) => (compare === 'exact' ? extracted === gold : sameAnswer(extracted, gold)));
      return judged(response, { reward: right ? 1 : 0, extracted });
    },
  };
}

function compiled({ pattern, flags }: RegexMatchOptions): RegExp {
  if (pattern instanceof RegExp) {
    if (flags !== undefined) throw new NelError('config', 'regexMatch: flags are part of a RegExp, give them only with a pattern as text');
    return new RegExp(pattern.source, `${pattern.flags.replace(/[gy]/g, '')}g`);
  }
  if (flags !== undefined && !FLAGS.test(flags)) {
    throw new NelError('config', `regexMatch: flags ${JSON.stringify(flags)} are not of d, i, m, s, u and v`, {
      hint: 'The last match instead of the first is `last: true`.',
    });
  }
  try {
    return new RegExp(pattern, `${flags ?? 'u'}g`);
  } catch (error) {
    throw new NelError('config', `regexMatch: ${errorMessage(error)}`, { cause: error });
  }
}

/** A pattern that also matches nothing tells its groups. */
function checkGroup(pattern: RegExp, group: number | string | undefined): void {
  if (group === undefined) return;
  const shape = new RegExp(`${pattern.source}|`, pattern.flags.replace('g', '')).exec('') as RegExpExecArray;
  const known = typeof group === 'number' ? Number.isInteger(group) && group >= 0 && group < shape.length : group in (shape.groups ?? {});
  if (!known) throw new NelError('config', `regexMatch: the pattern has no group ${JSON.stringify(group)}`);
}

function capture(text: string, pattern: RegExp, { group, last }: { group: number | string | undefined; last: boolean }): string | null {
  let found: string | null = null;
  for (const match of text.matchAll(pattern)) {
    const captured = groupOf(match, group)?.trim();
    if (captured === undefined || captured === '') continue;
    found = captured;
    if (!last) break;
  }
  return found;
}

function groupOf(match: RegExpExecArray, group: number | string | undefined): string | undefined {
  if (typeof group === 'string') return match.groups?.[group];
  if (group !== undefined) return match[group];
  return match.length === 1 ? match[0] : match.slice(1).find((part) => part !== undefined);
}
