/** The gate as a durable workflow: sides are evaluated or given, a killed gate goes on, the verdict is in result, memo and search attribute. */

import { readFileSync, writeFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SpawnedEndpoint, spawnFakeEndpoint } from '../../fakes/spawn-endpoint.js';
import { journalLines, Lab, until } from './lab.js';

const lab = new Lab();
let better: SpawnedEndpoint;
let worse: SpawnedEndpoint;

beforeAll(async () => {
  better = await spawnFakeEndpoint({ answer: { gsm8k: '175b_verification' }, latencyMs: 30 });
  worse = await spawnFakeEndpoint({ answer: { gsm8k: '175b_finetuning' }, latencyMs: 30 });
  for (const [name, endpoint] of Object.entries({ better, worse })) {
    writeFileSync(
      lab.path(`${name}.yaml`),
      `services:\n  m: {type: api, url: '${endpoint.url}', model: m, concurrency: 16}\nbenchmarks:\n  - {name: gsm8k, max_problems: 500}\noutput: {dir: '${lab.path(name)}'}\n`,
    );
  }
  writeFileSync(lab.path('policy.yaml'), 'version: 1\ndefaults: {tier: critical, metric: mean_reward, max_drop: 0.01}\n');
});
afterAll(async () => {
  await Promise.all([better.close(), worse.close()]);
  await lab.close();
});

it('evaluates both sides, survives a kill -9 in the middle, and decides NO-GO', { timeout: 180_000 }, async () => {
  const args = ['gate', lab.path('better.yaml'), lab.path('worse.yaml'), '--policy', lab.path('policy.yaml')];
  const first = lab.start(args);
  await until(
    `journal lines of both sides; nel said: ${first.stderr()}`,
    () => ['better', 'worse'].every((side) => journalLines(lab.path(side, 'gsm8k')) > 60),
    60,
  );
  first.child.kill('SIGKILL');
  await first.done;
  const finished = await lab.nel(args);
  expect(finished.stderr).toContain('going on with gate-');
  expect(finished.code).toBe(1);
  expect(finished.stdout.split('\n')[0]).toBe('NO-GO');
  for (const endpoint of [better, worse]) {
    const counts = Object.values((await endpoint.stats()).byBody);
    expect(counts).toHaveLength(500);
    expect(counts.reduce((sum, n) => sum + n - 1, 0)).toBeLessThanOrEqual(16);
  }

  const file = /report in (\S+)/.exec(finished.stderr)?.[1] ?? '';
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    verdict: 'NO-GO',
    benchmarks: [{ benchmark: 'gsm8k', status: 'BREACH', n_paired: 500 }],
  });
  const connection = await Connection.connect({ address: await lab.serverAddress() });
  try {
    const client = new Client({ connection });
    const found = [];
    for await (const execution of client.workflow.list({ query: "NelVerdict = 'NO-GO'" })) found.push(execution);
    expect(found.map(({ type }) => type)).toEqual(['gate']);
    expect(found[0]?.memo).toMatchObject({ verdict: 'NO-GO', summary: expect.stringContaining('BREACH: gsm8k') });
  } finally {
    await connection.close();
  }
});

it('gates given directories the other way round as GO', { timeout: 60_000 }, async () => {
  const finished = await lab.nel(['gate', lab.path('worse'), lab.path('better'), '--policy', lab.path('policy.yaml'), '--durable']);
  expect(finished.code).toBe(0);
  expect(finished.stdout.split('\n')[0]).toBe('GO');
});
