/**
 * A receiver of `nel schedule … --notify`: checks the signature, drops repetitions, prints one line a night.
 *
 *   NEL_NOTIFY_SECRET=… node examples/schedules/01_receiver.mjs 8898
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import http from 'node:http';

/** Older messages may be recorded ones that somebody sends again. */
const OLDEST_SECONDS = 300;
const secret = process.env.NEL_NOTIFY_SECRET ?? '';
const seen = new Set();

/** Whether `t=<seconds>,v1=<hex>` is the signature of `body`, made just now. */
function isGenuine(header, body) {
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  if (t === undefined || Math.abs(Date.now() / 1000 - Number(t)) > OLDEST_SECONDS) return false;
  const expected = createHmac('sha256', secret).update(`${t}.${body}`).digest();
  return timingSafeEqual(expected, Buffer.from(v1, 'hex'));
}

const server = http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString('utf8');
    const delivery = request.headers['x-nel-delivery'];
    if (secret === '' || !isGenuine(request.headers['x-nel-signature'], body)) {
      response.writeHead(401).end();
      return;
    }
    response.writeHead(204).end();
    if (seen.has(delivery)) return;
    seen.add(delivery);
    const { schedule, run_id, verdict, status } = JSON.parse(body).nel;
    console.log(`${schedule} ${run_id}: ${verdict ?? status}`);
  });
});
server.listen(Number(process.argv[2] ?? 8898), '127.0.0.1');
