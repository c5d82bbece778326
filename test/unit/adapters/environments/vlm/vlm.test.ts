/** VLMEvalKit's data sets as environments: where the file comes from, prompts with images, scores, and what is refused. */

import { createHash } from 'node:crypto';
import { symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openVlmEnvironment, type VlmEnvironment } from '../../../../../src/adapters/environments/vlm.js';
import { NelError } from '../../../../../src/core/errors.js';
import { base64, type Places, places, png, put, tsv, uri } from './samples.js';

const signal = new AbortController().signal;
const RED = png(255);
const GREEN = png(0, 255);
const BLUE = png(0, 0, 255);

async function open(place: Places, address: string, systemPrompt: string | null = null): Promise<VlmEnvironment> {
  const opened = await openVlmEnvironment({ address, cwd: place.dir, env: place.env, signal, systemPrompt });
  onTestFinished(() => opened.environment.close());
  return opened;
}

async function custom(rows: readonly Readonly<Record<string, string>>[], query = ''): Promise<VlmEnvironment> {
  const place = await places();
  await put(path.join(place.dir, 'my.tsv'), tsv(rows));
  return open(place, `vlmevalkit://./my.tsv${query}`);
}

const error = async (attempt: Promise<unknown>): Promise<NelError> => {
  const thrown: unknown = await attempt.then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(thrown).toBeInstanceOf(NelError);
  return thrown as NelError;
};

const choiceRow = {
  index: '1',
  image: base64(RED),
  question: 'What colour?',
  hint: '',
  A: 'red',
  B: 'green',
  answer: 'A',
  category: 'colour',
  split: 'dev',
};

describe('a multiple-choice data set', () => {
  it('asks with the image as a data URI before the text', async () => {
    const { environment } = await custom([choiceRow], '?type=MCQ');
    const text = 'Question: What colour?\nOptions:\nA. red\nB. green\nPlease select the correct answer from the options above. \n';
    expect(await environment.seed(0, 0, signal)).toEqual({
      prompt: text,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: uri(RED) } },
            { type: 'text', text },
          ],
        },
      ],
      expected_answer: 'A',
      category: 'colour',
      metadata: { index: '1', split: 'dev', category: 'colour' },
    });
  });

  it('scores by letter or text, and sums up as VLMEvalKit does', async () => {
    const opened = await custom([choiceRow, { ...choiceRow, index: '2', answer: 'B' }]);
    const { environment } = opened;
    const summary = opened.createSummary();
    for (const [i, response] of ['It is red.', 'C'].entries()) {
      const seed = await environment.seed(i, 0, signal);
      const judged = await environment.verify(seed, response, signal);
      expect(judged.reward).toBe(i === 0 ? 1 : 0);
      expect(judged.failure_category).toBe(i === 0 ? null : 'format_error');
      expect(judged.scoring_method).toBe(opened.scorerName);
      const { reward, extracted_answer, scoring_details } = judged;
      const { expected_answer, metadata, category } = seed;
      summary.add({
        problem_idx: i,
        repeat: 0,
        reward,
        status: 'scored',
        extracted_answer,
        expected_answer,
        scoring_details,
        metadata,
        category,
      });
    }
    expect(summary.scores()).toEqual({ Overall: 0.5, colour: 0.5 });
  });

  it('drops rows without an image and options that pandas reads as missing', async () => {
    const { environment } = await custom([
      { ...choiceRow, B: 'None' },
      { ...choiceRow, index: '2', image: '' },
    ]);
    expect(environment.dataset.size).toBe(1);
    expect((await environment.seed(0, 0, signal)).prompt).not.toContain('None');
  });

  it('puts the system prompt first', async () => {
    const place = await places();
    await put(path.join(place.dir, 'my.tsv'), tsv([choiceRow]));
    const { environment } = await open(place, './my.tsv', 'Be brief.');
    const seed = await environment.seed(0, 0, signal);
    expect(seed.messages[0]).toEqual({ role: 'system', content: 'Be brief.' });
    expect(seed.prompt).toMatch(/^Be brief\.\n\nQuestion/);
  });

  it('scores an answer known by its metadata only', async () => {
    const { environment } = await custom([choiceRow]);
    const { metadata, expected_answer } = await environment.seed(0, 0, signal);
    expect(await environment.verifyDetached?.({ response: 'A', expected: expected_answer, metadata }, signal)).toMatchObject({ reward: 1 });
  });
});

describe('every kind of data set', () => {
  it.each([
    ['?type=MCQ', { A: 'red', B: 'green', answer: 'B' }],
    ['?type=Y/N', { answer: 'No' }],
    ['?type=VQA', { answer: "['two dogs', 'dogs']" }],
    ['?type=VQA&metric=anls', { answer: "['invoice', 'bill']" }],
    ['?type=VQA&metric=relaxed_accuracy', { answer: '12%' }],
    ['?type=VQA&metric=accuracy', { answer: 'Yes' }],
    ['?like=POPE', { answer: 'Yes', category: 'random' }],
    ['?like=OCRBench', { answer: "['CENTRE', 'center']", category: 'Digit String Recognition' }],
    ['?like=ChartQA_TEST', { answer: '12' }],
    ['?like=COCO_VAL', { answer: "['a dog runs', 'a dog']" }],
    ['?type=VQA&metric=vqa_score', { answer: `['dog', ${"'cat', ".repeat(9)}]` }],
  ])('of %s gives its own answer the most that can be had', async (query, cells) => {
    const { environment } = await custom([{ index: '1', image: base64(RED), question: 'Q', ...cells }], query);
    const seed = await environment.seed(0, 0, signal);
    const ideal = environment.idealAnswer?.(seed) ?? seed.expected_answer;
    const best = query === '?type=VQA' ? 0.5 : 1;
    expect((await environment.verify(seed, ideal, signal)).reward).toBeCloseTo(best, 12);
    expect(await environment.verify(seed, '  ', signal)).toMatchObject({ reward: 0, failure_category: 'empty_response' });
  });
});

describe('images', () => {
  const row = (index: string, image: string, question = 'Q') => ({ index, image, question, answer: 'x' });

  it('may be those of another row, or lists of images and rows', async () => {
    const { environment } = await custom([
      row('1', base64(RED)),
      row('2', '1'),
      row('3', `['${base64(GREEN)}', '${base64(BLUE)}']`),
      row('4', '3'),
      row('5', "['1', '1']"),
      row('6', `["${base64(BLUE)}",\n '1']`),
    ]);
    const images: string[][] = [];
    for (let i = 0; i < 6; i++) {
      const [message] = (await environment.seed(i, 0, signal)).messages;
      images.push(
        (message?.content as readonly { type: string; image_url?: { url: string } }[]).flatMap((part) => part.image_url?.url ?? []),
      );
    }
    expect(images).toEqual([[RED], [RED], [GREEN, BLUE], [GREEN, BLUE], [RED, RED], [BLUE, RED]].map((list) => list.map(uri)));
  });

  it.each([
    ['a row that is not there', '9', /that of row "9", which is not there/],
    ['a reference to a reference', '2', /reached by a second reference/],
    ['no base64', '!'.repeat(80), /an image is not base64/],
    ['no image', base64(Buffer.alloc(80)), /of no known kind/],
    ['no Python list', `[${'a'.repeat(80)}]`, /no Python list/],
  ])('of %s are an error with file, line and index', async (_, image, message) => {
    const { environment } = await custom([row('1', image), row('2', '3'), row('3', base64(RED))]);
    const thrown = await error(Promise.resolve(environment.seed(0, 0, signal)));
    expect(thrown.message).toMatch(message);
    expect(thrown.message).toMatch(/my\.tsv:2: index "1"/);
    expect(thrown.kind).toBe('data');
  });

  it('have the media type of their bytes', async () => {
    const kinds: [string, Buffer][] = [
      ['image/jpeg', Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(60)])],
      ['image/gif', Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(60)])],
      ['image/webp', Buffer.concat([Buffer.from('RIFF....WEBP'), Buffer.alloc(60)])],
      ['image/bmp', Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)])],
    ];
    const { environment } = await custom(kinds.map(([, image], i) => row(String(i), base64(image))));
    for (const [i, [kind]] of kinds.entries()) {
      expect(JSON.stringify((await environment.seed(i, 0, signal)).messages)).toContain(`"data:${kind};base64,`);
    }
  });

  it('stand where the text of a data set like MMMU names them', async () => {
    const image = `['${base64(RED)}', '${base64(BLUE)}']`;
    const { environment } = await custom(
      [{ index: 'dev_1', image, question: 'Is <image 2> as <image 1>', A: '', B: '', answer: '4.5' }],
      '?like=MMMU_DEV_VAL',
    );
    const seed = await environment.seed(0, 0, signal);
    expect(seed.messages[0]?.content).toEqual([
      { type: 'text', text: 'Question: Is ' },
      { type: 'image_url', image_url: { url: uri(BLUE) } },
      { type: 'text', text: ' as ' },
      { type: 'image_url', image_url: { url: uri(RED) } },
      { type: 'text', text: '\n' },
    ]);
    expect(seed.prompt).toBe('Question: Is  as \n');
    expect(seed.expected_answer).toBe('A');
    expect(await environment.verify(seed, 'It is 4.5.', signal)).toMatchObject({ reward: 1, extracted_answer: 'A' });
  });

  it('that the text names and the row does not have are an error with file, line and index', async () => {
    const { environment } = await custom(
      [{ index: '1', image: base64(RED), question: 'See <image 2>', answer: 'A' }],
      '?like=MMMU_DEV_VAL',
    );
    expect((await error(Promise.resolve(environment.seed(0, 0, signal)))).message).toMatch(/my\.tsv:2: index "1": the text names image/);
  });
});

describe('image files', () => {
  const row = (image_path: string) => ({ index: '1', image_path, question: 'Q', answer: 'x' });

  it('stand in the data set’s folder of images, and change the fingerprint', async () => {
    const place = await places();
    await put(path.join(place.data, 'mine.tsv'), tsv([row("['a.png', 'sub/b.png']")]));
    const first = await put(path.join(place.data, 'images', 'mine', 'a.png'), RED);
    await put(path.join(place.data, 'images', 'mine', 'sub', 'b.png'), BLUE);
    const { environment } = await open(place, 'mine');
    expect((await environment.seed(0, 0, signal)).messages[0]?.content).toEqual([
      { type: 'image_url', image_url: { url: uri(RED) } },
      { type: 'image_url', image_url: { url: uri(BLUE) } },
      { type: 'text', text: 'Q' },
    ]);
    await writeFile(first, GREEN);
    const after = await open(place, 'mine');
    expect(after.environment.dataset.fingerprint).not.toBe(environment.dataset.fingerprint);
  });

  it.each([['../secret.png'], ['../../secret.png'], ['/etc/passwd'], ['link.png'], ['a\0.png']])(
    'outside of it are refused: %j',
    async (name) => {
      const place = await places();
      await put(path.join(place.data, 'mine.tsv'), tsv([row(name)]));
      await put(path.join(place.data, 'secret.png'), RED);
      await put(path.join(place.dir, 'secret.png'), RED);
      await put(path.join(place.data, 'images', 'mine', 'a.png'), RED);
      await symlink(path.join(place.dir, 'secret.png'), path.join(place.data, 'images', 'mine', 'link.png'));
      expect((await error(open(place, 'mine'))).message).toMatch(/leads out of the images folder|no image file|is no file name/);
    },
  );

  it('that are no images are not sent', async () => {
    const place = await places();
    await put(path.join(place.data, 'mine.tsv'), tsv([row('a.png')]));
    await put(path.join(place.data, 'images', 'mine', 'a.png'), 'a secret text');
    const { environment } = await open(place, 'mine');
    expect((await error(Promise.resolve(environment.seed(0, 0, signal)))).message).toMatch(/of no known kind/);
  });
});

describe('the file of a data set', () => {
  const rows = [{ ...choiceRow, index: '1' }];

  it('with another MD5 than VLMEvalKit’s is refused', async () => {
    const place = await places();
    await put(path.join(place.data, 'MMBench_DEV_EN.tsv'), tsv(rows));
    const thrown = await error(open(place, 'vlmevalkit://MMBench_DEV_EN'));
    expect(thrown.message).toMatch(/not VLMEvalKit's MMBench_DEV_EN: its MD5 is [0-9a-f]{32}, not b6caf1133a01c6bb705cf753bb527ed8/);
    expect(thrown.hint).toMatch(/Delete it/);
  });

  it('without an MD5 in VLMEvalKit is read from $LMUData, else from ~/LMUData', async () => {
    const place = await places();
    await put(path.join(place.dir, 'home', 'LMUData', 'A-OKVQA.tsv'), tsv(rows));
    const home = await open(place, 'A-OKVQA');
    expect(home.environment.dataset).toMatchObject({ source: 'vlmevalkit://A-OKVQA', size: 1 });
    await put(path.join(place.data, 'A-OKVQA.tsv'), tsv([...rows, { ...choiceRow, index: '2' }]));
    expect((await open(place, 'A-OKVQA')).environment.dataset.size).toBe(2);
  });

  it('is downloaded where it is nowhere', async () => {
    const place = await places();
    const content = tsv(rows);
    const server = createServer((request, response) => {
      expect(request.url).toBe('/datasets/Allen8/A-OKVQA/resolve/main/a-okvqa.tsv');
      response.end(content);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void server.close());
    const env = { ...place.env, HF_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const { environment } = await open({ ...place, env }, 'A-OKVQA');
    expect(environment.dataset.fingerprint).toBe(`sha256:${createHash('sha256').update(content).digest('hex')}`);
    // The second time it is there.
    server.closeAllConnections();
    expect((await open({ ...place, env: place.env }, 'A-OKVQA')).environment.dataset.size).toBe(1);
  });

  it('is told apart by one byte of one image', async () => {
    const one = await custom([choiceRow]);
    const other = await custom([{ ...choiceRow, image: base64(png(254)) }]);
    expect(one.environment.dataset.fingerprint).not.toBe(other.environment.dataset.fingerprint);
  });
});

describe('what cannot be read', () => {
  it.each([
    ['vlmevalkit://MMVet', 'config', /scored by a judge model/],
    ['vlmevalkit://MathVista_MINI', 'config', /scored by a judge model/],
    ['vlmevalkit://./my.tsv?like=MathVista_MINI', 'config', /scored by a judge model/],
    ['vlmevalkit://OCRBench_v2', 'config', /a program of its own/],
    ['vlmevalkit://MMBench_DEV_ENN', 'usage', /knows no data set "MMBench_DEV_ENN"/],
    ['vlmevalkit://MMStar?type=VQA', 'usage', /has its own type/],
    ['vlmevalkit://./my.tsv?type=MC', 'usage', /type "MC"/],
    ['vlmevalkit://./my.tsv?like=MMVet', 'config', /scored by a judge model/],
    ['vlmevalkit://./my.tsv?like=MMStarr', 'usage', /the like "MMStarr"/],
    ['vlmevalkit://./my.tsv?like=MMStar&type=MCQ', 'usage', /both a type and like/],
    ['vlmevalkit://./my.tsv?typ=MCQ', 'usage', /no parameter "typ"/],
    ['vlmevalkit://./my.tsv?type=MCQ&metric=anls', 'usage', /metric, which only type=VQA takes/],
    ['vlmevalkit://', 'usage', /names no data set/],
    ['vlmevalkit://..', 'usage', /names no data set/],
    ['vlmevalkit://./none.tsv', 'data', /cannot be read/],
  ])('is an error: %s', async (address, kind, message) => {
    const thrown = await error(open(await places(), address));
    expect(thrown.kind).toBe(kind);
    expect(thrown.message).toMatch(message);
  });

  it('can be asked all the same where a judge of VLMEvalKit scores it, as the error says', async () => {
    expect((await error(open(await places(), 'MathVista_MINI'))).hint).toContain('vlmevalkit://./MathVista_MINI.tsv?type=VQA');
    const place = await places();
    await put(path.join(place.dir, 'MathVista_MINI.tsv'), tsv([{ index: '1', image: base64(RED), question: 'Q', answer: '3' }]));
    const { environment } = await open(place, 'vlmevalkit://./MathVista_MINI.tsv?type=VQA');
    expect(await environment.seed(0, 0, signal)).toMatchObject({ prompt: 'Q', expected_answer: '3' });
  });

  it('names the nearest data set', async () => {
    expect((await error(open(await places(), 'MMBench_DEV_ENN'))).hint).toMatch(/MMBench_DEV_EN/);
  });

  it.each([
    ['no index', { image: base64(RED), question: 'Q', answer: 'x' }, /no column "index"/],
    ['no image', { index: '1', question: 'Q', answer: 'x' }, /no column "image"/],
    ['no question', { index: '1', image: base64(RED), answer: 'x' }, /no column "question"/],
    ['no answers', { index: '1', image: base64(RED), question: 'Q' }, /no row has an answer/],
    ['no image in any row', { index: '1', image: '', question: 'Q', answer: 'x' }, /no row has an image/],
  ])('has %s', async (_, row, message) => {
    expect((await error(custom([row], '?type=VQA'))).message).toMatch(message);
  });

  it('has an index twice', async () => {
    expect((await error(custom([choiceRow, choiceRow]))).message).toMatch(/my\.tsv:3: index "1" is already that of line 2/);
  });

  it('has rotations without whole numbers for an index', async () => {
    const place = await places();
    await put(path.join(place.dir, 'mine_circular.tsv'), tsv([{ ...choiceRow, index: 'a' }]));
    expect((await error(open(place, './mine_circular.tsv'))).message).toMatch(/"a" is no whole number/);
  });

  it('is a problem beyond the last', async () => {
    const { environment } = await custom([choiceRow]);
    expect((await error(Promise.resolve(environment.seed(1, 0, signal)))).message).toMatch(/no problem_idx 1 among 1/);
  });
});

describe('a large file', () => {
  it('is read without its images in memory', async () => {
    const place = await places();
    const image = Buffer.concat([RED, Buffer.alloc(1 << 20, 7)]);
    await put(
      path.join(place.dir, 'big.tsv'),
      tsv(Array.from({ length: 60 }, (_, i) => ({ ...choiceRow, index: String(i), image: base64(image) }))),
    );
    const before = process.memoryUsage();
    const { environment } = await open(place, './big.tsv');
    const after = process.memoryUsage();
    expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(40 << 20);
    expect(JSON.stringify((await environment.seed(59, 0, signal)).messages)).toContain(base64(image));
  });
});
