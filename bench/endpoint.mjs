/** The cheapest endpoint that answers like a model: a fixed chat completion after a fixed latency. Arguments: latency in ms. Prints its port. */

import http from 'node:http';

const latency = Number(process.argv[2] ?? 0);
const body = JSON.stringify({
  id: 'bench',
  object: 'chat.completion',
  created: 0,
  model: 'bench',
  choices: [
    { index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Half of it is 6, so the whole is 12.\nThe answer is 12' } },
  ],
  usage: { prompt_tokens: 30, completion_tokens: 15, total_tokens: 45 },
});
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
const seen = { first: 0, requests: 0 };

const server = http.createServer((request, response) => {
  if (request.url === '/stats') {
    response.end(JSON.stringify(seen));
    return;
  }
  if (request.method === 'POST') {
    if (seen.requests++ === 0) seen.first = Date.now();
  }
  request.resume();
  request.once('end', () => {
    const answer = () => response.writeHead(200, headers).end(body);
    if (latency > 0) setTimeout(answer, latency);
    else answer();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
