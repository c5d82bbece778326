/** The news of a night as a JSON message: `text` and `blocks` for Slack and whoever takes its messages, `nel` for programs. */

import { formatDelta } from '../core/gate-words.js';
import { type NightRecord, outcomeWord } from '../core/night.js';
import { excerpt } from './plain-text.js';

/** Slack refuses a section of more than 3000 characters. */
const LONGEST_TEXT = 3000;
const LONGEST_LINE = 300;
const MOST_REASONS = 5;
const MOST_BENCHMARKS = 10;

export interface NightMessage {
  readonly text: string;
  readonly blocks: readonly unknown[];
  readonly nel: { readonly message_version: 1; readonly schedule: string; readonly directory: string } & Omit<
    NightRecord,
    'schema_version'
  >;
}

/** @param directory of the night's run, absolute */
export function nightMessage(schedule: string, { schema_version: _, ...record }: NightRecord, directory: string): NightMessage {
  const title = `${outcomeWord(record)} · ${schedule}${record.score === null ? '' : ` · score ${record.score.toFixed(4)}`}`;
  const lines = [
    ...record.reasons.slice(0, MOST_REASONS),
    ...record.benchmarks.slice(0, MOST_BENCHMARKS).map(benchmarkLine),
    ...(record.baseline === null ? [] : [`against ${record.baseline.run_id ?? record.baseline.dir}`]),
    `run ${record.run_id} in ${directory}`,
  ].map((line) => mrkdwn(line));
  const text = fitting([`*${mrkdwn(title)}*`, ...lines]);
  return {
    text,
    blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }],
    nel: { message_version: 1, schedule, directory, ...record },
  };
}

function benchmarkLine({ name, score, delta, status }: NightRecord['benchmarks'][number]): string {
  const change = delta === null ? '' : ` (${formatDelta(delta)})`;
  return `${name} ${score === null ? 'no score' : score.toFixed(4)}${change}${status === null ? '' : ` ${status}`}`;
}

/** As many of the lines as fit, whole: half an entity would not be one. */
function fitting(lines: readonly string[]): string {
  let text = '';
  for (const line of lines) {
    const longer = text === '' ? line : `${text}\n${line}`;
    if (longer.length <= LONGEST_TEXT) text = longer;
  }
  return text;
}

/** Slack reads `<…>` as links and mentions, and `&` as the start of an entity: what endpoints said must not call a channel together. */
function mrkdwn(text: string): string {
  return excerpt(text, LONGEST_LINE).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
