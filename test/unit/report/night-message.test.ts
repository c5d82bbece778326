import { expect, it } from 'vitest';
import type { NightRecord } from '../../../src/core/night.js';
import { nightMessage } from '../../../src/report/night-message.js';

const night: NightRecord = {
  schema_version: 1,
  run_id: '20260102T020000Z-abcdef',
  started: '2026-01-02T02:00:00.000Z',
  finished: '2026-01-02T03:00:00.000Z',
  status: 'gated',
  verdict: 'NO-GO',
  reasons: ['BREACH: sums [critical]'],
  baseline: { run_id: '20260101T020000Z-123456', dir: '/n/20260101T020000Z-123456' },
  score: 0.5,
  benchmarks: [{ name: 'sums', score: 0.5, delta: -0.4, status: 'BREACH' }],
  became_last_go: false,
};

it('says in one text what a channel wants to know, and all of it to programs', () => {
  const { schema_version: _, ...fields } = night;
  const text = [
    '*NO-GO · main · score 0.5000*',
    'BREACH: sums [critical]',
    'sums 0.5000 (-0.4000) BREACH',
    'against 20260101T020000Z-123456',
    'run 20260102T020000Z-abcdef in /n/20260102T020000Z-abcdef',
  ].join('\n');
  expect(nightMessage('main', night, '/n/20260102T020000Z-abcdef')).toEqual({
    text,
    blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }],
    nel: { message_version: 1, schedule: 'main', directory: '/n/20260102T020000Z-abcdef', ...fields },
  });
});

it('lets nothing that an endpoint said call a channel, link or break lines', () => {
  const { text } = nightMessage('main', { ...night, reasons: ['<!channel> &lt;\n<https://evil|here>'] }, '/n');
  expect(text.split('\n')[1]).toBe('&lt;!channel&gt; &amp;lt; &lt;https://evil|here&gt;');
});

it.each(['x', '<'])('stays below what a section may hold, however much there is to say: %j', (character) => {
  const reasons = Array.from({ length: 50 }, () => character.repeat(10_000));
  const benchmarks = Array.from({ length: 50 }, (_, i) => ({ name: `b${i}`, score: 0.5, delta: null, status: null }));
  const { text } = nightMessage('main', { ...night, reasons, benchmarks }, '/n');
  expect(text.length).toBeLessThanOrEqual(3000);
  expect(text).toContain('run 20260102T020000Z-abcdef in /n');
});
