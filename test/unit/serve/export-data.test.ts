import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exportData, gymRow } from '../../../src/serve/export-data.js';
import { miniAdd } from './mini-add.js';

const dir = mkdtempSync(path.join(tmpdir(), 'nel-export-'));
afterAll(() => rmSync(dir, { recursive: true }));

describe('exportData', () => {
  it('writes a row a problem, with system and few-shot messages, to a file of the benchmark', async () => {
    const environment = miniAdd({
      systemPrompt: 'Be brief.',
      fewShot: [
        { role: 'user', content: '1 + 1?' },
        { role: 'assistant', content: '2' },
      ],
      prompt: '{question}',
      metadataFields: ['source'],
    });
    const { file, rows } = await exportData(environment, dir, { generation: { temperature: 0, max_tokens: 64, seed: 1 } });
    expect(file).toBe(path.join(dir, 'mini_add.jsonl'));
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(rows);
    expect(JSON.parse(lines[1] as string)).toEqual({
      responses_create_params: {
        input: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: '1 + 1?' },
          { role: 'assistant', content: '2' },
          { role: 'user', content: 'What is 2 + 2?' },
        ],
        temperature: 0,
        max_output_tokens: 64,
      },
      expected_answer: '4',
      uuid: 'mini_add-1',
      eval_type: 'mini_add',
      metadata: { problem_idx: 1, problem_category: 'math', source: 'byob' },
    });
  });

  it('writes the first so many', async () => {
    expect((await exportData(miniAdd(), dir, { maxProblems: 2 })).rows).toBe(2);
  });

  it('writes images as the Responses API has them', () => {
    const messages = [
      {
        role: 'user' as const,
        content: [
          { type: 'text' as const, text: 'What is this?' },
          { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AA==' } },
          { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,BB==', detail: 'low' as const } },
        ],
      },
    ];
    const row = gymRow('b', 0, { prompt: '', messages, expected_answer: 'x', category: null, metadata: {} }, {});
    expect(row['responses_create_params']).toEqual({
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is this?' },
            { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' },
            { type: 'input_image', image_url: 'data:image/png;base64,BB==', detail: 'low' },
          ],
        },
      ],
    });
  });
});
