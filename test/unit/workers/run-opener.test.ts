/** What opening runs changes in the process, and what has to go on working there. */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, it } from 'vitest';
import { downloadTsv } from '../../../src/adapters/environments/vlm/download.js';
import { RunOpener } from '../../../src/workers/run-opener.js';
import { temporaryFolder } from '../../temporary-folder.js';

it('leaves downloads working that can be aborted, however many may listen to a signal', async () => {
  expect(new RunOpener({})).toBeDefined();
  const server = createServer((_request, response) => response.end('index\tquestion\n')).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const target = path.join(temporaryFolder('gate'), 'rows.tsv');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/rows.tsv`;
    await downloadTsv({ url, md5: null, target, env: {}, signal: new AbortController().signal, pauseScale: 0.001 });
    expect(readFileSync(target, 'utf8')).toBe('index\tquestion\n');
  } finally {
    server.close();
  }
});
