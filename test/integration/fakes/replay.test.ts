import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { DATA_DIR } from '../../data-dir.js';
import type { Answer, RequestBody } from '../../fakes/endpoint.js';
import { gsm8kReplay, mmluProReplay, readRows, replayBy } from '../../fakes/replay.js';

const chat = (content: string, seed = 0): RequestBody => ({
  seed,
  messages: [
    { role: 'user', content: 'Question: an example?' },
    { role: 'assistant', content: 'A: 1' },
    { role: 'user', content },
  ],
});

/** Asks as the endpoint does: counting the requests with one body. */
function asker(answer: Answer) {
  const counts = new Map<string, number>();
  return (body: RequestBody) => {
    const bodyHash = JSON.stringify(body);
    const answeredBefore = counts.get(bodyHash) ?? 0;
    counts.set(bodyHash, answeredBefore + 1);
    return answer(body, { bodyHash, earlier: answeredBefore, answeredBefore, path: '/v1/chat/completions', headers: {} });
  };
}

test('rows with one prompt are served in turn, each body with a turn of its own, and the last one again at the end', () => {
  const ask = asker(replayBy((row) => `Q: ${String(row['q'])}`, [{ q: 'x' }, { q: 'y' }, { q: 'x' }], ['x1', 'y1', 'x2']));
  expect([chat('Q: x'), chat('Q: x'), chat('Q: x'), chat('Q: y'), chat('Q: x', 1)].map(ask)).toEqual(['x1', 'x2', 'x2', 'y1', 'x1']);
});

test('a prompt that no row makes is refused with status 400', () => {
  expect(asker(replayBy(String, [], []))(chat('what?'))).toMatchObject({ status: 400 });
});

describe.skipIf(!fs.existsSync(DATA_DIR))('on the real recordings', () => {
  test.each(['175b_finetuning', '175b_verification'])('every GSM8K question gets what %s answered', (recording) => {
    const ask = asker(gsm8kReplay(recording));
    const recorded = readRows(path.join(DATA_DIR, 'gsm8k/recordings', `${recording}.jsonl`));
    const rows = readRows(path.join(DATA_DIR, 'gsm8k/test.jsonl'));
    expect(rows).toHaveLength(1319);
    const replies = rows.map((row) => ask(chat(`Solve this.\n\nQuestion: ${String(row['question'])}\nEnd with "A: ".`)));
    expect(replies).toEqual(recorded.map((row) => row['response']));
  });

  test('every MMLU-Pro problem gets what the model answered to it, doubled ones in turn, whatever the template', {
    timeout: 60_000,
  }, () => {
    const rows = readRows(path.join(DATA_DIR, 'mmlu_pro/test.jsonl.gz'));
    const recorded = readRows(path.join(DATA_DIR, 'mmlu_pro/recordings/llama-3.1-8b-instruct.jsonl.gz'));
    const responses = new Map(recorded.map((row) => [row['question_id'], row['response']]));
    const letters = 'ABCDEFGHIJ';
    const templates = [
      (row: Record<string, unknown>, options: string) =>
        `Here is a question about ${String(row['category'])}.\n\nQuestion: ${String(row['question'])}\nOptions:\n${options}\nThink.`,
      (row: Record<string, unknown>, options: string) => `${String(row['question'])}\n\n${options}`,
    ];
    for (const template of templates) {
      const ask = asker(mmluProReplay('llama-3.1-8b-instruct'));
      const start = performance.now();
      const wrong = rows.filter((row) => {
        const options = (row['options'] as string[]).map((option, i) => `${letters[i]}. ${option}`).join('\n');
        return ask(chat(template(row, options))) !== responses.get(row['question_id']);
      });
      expect(wrong.map((row) => row['question_id'])).toEqual([]);
      expect(performance.now() - start).toBeLessThan(20_000);
    }
    expect(rows).toHaveLength(12_032);
  });
});
