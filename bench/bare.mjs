/** The yardstick: an undici Pool that sends the same bodies and reads the answers, nothing else. Arguments: url, requests, in flight. Prints seconds and CPU. */

import { Pool } from 'undici';

const [url, requests, concurrency] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const pool = new Pool(url, { connections: concurrency, pipelining: 1 });
let next = 0;
const begun = performance.now();
await Promise.all(
  Array.from({ length: concurrency }, async () => {
    while (next < requests) {
      const i = next++;
      const body = JSON.stringify({
        model: 'bench',
        messages: [{ role: 'user', content: `Problem ${i}: half of ${2 * i} apples and half of them again?` }],
      });
      const response = await pool.request({
        path: '/v1/chat/completions',
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      JSON.parse(await response.body.text());
    }
  }),
);
const seconds = (performance.now() - begun) / 1000;
const { user, system } = process.cpuUsage();
await pool.close();
process.stdout.write(`${JSON.stringify({ seconds, cpuMs: (user + system) / 1000 })}\n`);
