/** Downloads of data sets against a local server: digests, connections that break, continued files, refusals. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type DownloadOptions, downloadTsv } from '../../../../../src/adapters/environments/vlm/download.js';
import { places, put } from './samples.js';

const CONTENT = Buffer.from(`index\timage\n${'1\tabc\n'.repeat(20_000)}`);
const md5 = (content: Buffer): string => createHash('md5').update(content).digest('hex');

async function serve(listener: RequestListener): Promise<{ url: string; requests: IncomingMessage['headers'][] }> {
  const requests: IncomingMessage['headers'][] = [];
  const server = createServer((request, response) => {
    requests.push(request.headers);
    listener(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/set.tsv`, requests };
}

/** Serves ranges as the Hub's storage does; `cutAt` ends the first replies there, one entry a reply. */
function ranges(content: Buffer, cutAt: number[] = []): RequestListener {
  return (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (from >= content.length) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    const rest = content.subarray(from);
    response.writeHead(from === 0 ? 200 : 206, {
      'content-length': rest.length,
      ...(from === 0 ? {} : { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }),
    });
    const cut = cutAt.shift();
    if (cut === undefined) response.end(rest);
    else response.write(rest.subarray(0, cut), () => response.destroy());
  };
}

async function download(options: Partial<DownloadOptions> & Pick<DownloadOptions, 'url'>): Promise<{ target: string; error: unknown }> {
  const { data } = await places();
  const target = options.target ?? path.join(data, 'new', 'set.tsv');
  const error: unknown = await downloadTsv({
    md5: md5(CONTENT),
    env: {},
    signal: new AbortController().signal,
    pauseScale: 0.01,
    ...options,
    target,
  }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return { target, error };
}

describe('a download', () => {
  it('is there whole under its name, and nothing else', async () => {
    const { url } = await serve(ranges(CONTENT));
    const { target, error } = await download({ url });
    expect(error).toBeNull();
    expect(await readFile(target)).toEqual(CONTENT);
    expect(await readdir(path.dirname(target))).toEqual(['set.tsv']);
  });

  it('with another MD5 is refused, and nothing is left', async () => {
    const { url } = await serve(ranges(Buffer.from('index\timage\nother\n')));
    const { target, error } = await download({ url });
    expect(String(error)).toMatch(/the file's MD5 is [0-9a-f]{32}, not/);
    expect(await readdir(path.dirname(target))).toEqual([]);
  });

  it('whose MD5 is written in capitals is the same', async () => {
    const { url } = await serve(ranges(CONTENT));
    expect((await download({ url, md5: md5(CONTENT).toUpperCase() })).error).toBeNull();
  });

  it('that breaks is continued where it broke', async () => {
    const { url, requests } = await serve(ranges(CONTENT, [50_000, 30_000]));
    const { target, error } = await download({ url });
    expect(error).toBeNull();
    expect(await readFile(target)).toEqual(CONTENT);
    expect(requests.map(({ range }) => range)).toEqual([undefined, 'bytes=50000-', 'bytes=80000-']);
  });

  it('that an earlier run left is continued', async () => {
    const { url, requests } = await serve(ranges(CONTENT));
    const { data } = await places();
    const target = path.join(data, 'set.tsv');
    await put(`${target}.part`, CONTENT.subarray(0, 1000));
    expect((await download({ url, target })).error).toBeNull();
    expect(await readFile(target)).toEqual(CONTENT);
    expect(requests.map(({ range }) => range)).toEqual(['bytes=1000-']);
  });

  it('that an earlier run left of another version is begun anew', async () => {
    const { url, requests } = await serve(ranges(CONTENT));
    const { data } = await places();
    const target = path.join(data, 'set.tsv');
    await put(`${target}.part`, Buffer.alloc(1000, 'z'));
    expect((await download({ url, target })).error).toBeNull();
    expect(await readFile(target)).toEqual(CONTENT);
    expect(requests).toHaveLength(2);
  });

  it('from a server that cannot continue is begun anew', async () => {
    let first = true;
    const { url } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': CONTENT.length });
      if (first) response.write(CONTENT.subarray(0, 500), () => response.destroy());
      else response.end(CONTENT);
      first = false;
    });
    const { target, error } = await download({ url });
    expect(error).toBeNull();
    expect(await readFile(target)).toEqual(CONTENT);
  });

  it('that never becomes whole is an error that says how far it came, and is kept to be continued', async () => {
    const { url } = await serve(ranges(CONTENT, [10, 10, 10, 10]));
    const { target, error } = await download({ url });
    expect(String(error)).toMatch(/cannot be fetched: the connection broke at 40 of \d+ bytes/);
    expect(existsSync(target)).toBe(false);
    expect((await readFile(`${target}.part`)).length).toBe(40);
  });

  it('is tried again after a server’s error, and not after a refusal', async () => {
    const answers = [503, 429];
    const busy = await serve((request, response) => {
      const status = answers.shift();
      if (status === undefined) ranges(CONTENT)(request, response);
      else response.writeHead(status).end();
    });
    expect((await download({ url: busy.url })).error).toBeNull();
    const gone = await serve((_, response) => response.writeHead(404).end());
    expect(String((await download({ url: gone.url })).error)).toMatch(/answers 404/);
    expect(gone.requests).toHaveLength(1);
  });

  it('asks a Hub in its place, with its token, which goes nowhere else', async () => {
    const { url, requests } = await serve(ranges(CONTENT));
    const env = { HF_ENDPOINT: new URL(url).origin, HF_TOKEN: 'hf_test-token' };
    expect((await download({ url: 'https://huggingface.co/set.tsv', env })).error).toBeNull();
    expect(requests[0]?.authorization).toBe('Bearer hf_test-token');
    expect((await download({ url, env })).error).toBeNull();
    expect(requests[1]?.authorization).toBeUndefined();
  });

  it('stops when it is told to', async () => {
    const { url } = await serve(() => undefined);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('stopped by the test')), 50);
    expect(String((await download({ url, signal: controller.signal })).error)).toMatch(/stopped by the test/);
  });

  it('is done once when two ask for it', async () => {
    const { url, requests } = await serve(ranges(CONTENT));
    const { data } = await places();
    const target = path.join(data, 'set.tsv');
    const both = await Promise.all([download({ url, target }), download({ url, target })]);
    expect(both.map(({ error }) => error)).toEqual([null, null]);
    expect(requests).toHaveLength(1);
  });

  it('takes over the lock of a process that has died', async () => {
    const { url } = await serve(ranges(CONTENT));
    const { data } = await places();
    const target = path.join(data, 'set.tsv');
    // Larger than any process id.
    await put(`${target}.lock`, '99999999');
    expect((await download({ url, target })).error).toBeNull();
  });
});
