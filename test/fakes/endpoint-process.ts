/**
 * The fake endpoint in a process of its own: `node --import jiti/register test/fakes/endpoint-process.ts`, options as JSON in
 * FAKE_ENDPOINT. Prints one JSON line, `{"port", "url"}`, when it listens. GET /__stats on the port gives its counts.
 */

import { type Answer, type FakeEndpointOptions, type FakeReply, startFakeEndpoint } from './endpoint.js';
import { gsm8kReplay, mmluProReplay } from './replay.js';

/** The options that JSON can carry. */
export interface EndpointProcessOptions extends Omit<FakeEndpointOptions, 'answer'> {
  /** A fixed reply, or what a real model answered. Default: a fixed one. */
  readonly answer?: string | FakeReply | { readonly gsm8k: string } | { readonly mmluPro: string };
  /** Bodies that hold one of these texts always get status 500. */
  readonly alwaysFail?: readonly string[];
}

function answerOf({ answer, alwaysFail = [] }: EndpointProcessOptions): Answer {
  const reply = replyOf(answer);
  if (alwaysFail.length === 0) return reply;
  return (body, info) => {
    const text = JSON.stringify(body);
    return alwaysFail.some((part) => text.includes(JSON.stringify(part).slice(1, -1)))
      ? { status: 500, content: 'The server had an error' }
      : reply(body, info);
  };
}

function replyOf(answer: EndpointProcessOptions['answer']): Answer {
  if (typeof answer === 'object' && 'gsm8k' in answer) return gsm8kReplay(answer.gsm8k);
  if (typeof answer === 'object' && 'mmluPro' in answer) return mmluProReplay(answer.mmluPro);
  return () => answer ?? 'The answer is 42.';
}

const options = JSON.parse(process.env['FAKE_ENDPOINT'] ?? '{}') as EndpointProcessOptions;
const endpoint = await startFakeEndpoint({ ...options, answer: answerOf(options) });
process.stdout.write(`${JSON.stringify({ port: endpoint.port, url: endpoint.url })}\n`);

// A test that is killed cannot stop this process: it goes when its parent has gone.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(0);
}, 500).unref();
