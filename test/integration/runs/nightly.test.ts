/** Nightly gates on the real server: verdicts, last-go, trend, notifications, a worker killed in mid-gate, and what a schedule can be told. */

import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LastGo, NightRecord } from '../../../src/core/night.js';
import { Lab, type Running, until } from './lab.js';
import { Adder, Receiver, writeConfig } from './night-lab.js';

const lab = new Lab();
const adder = new Adder();
const receiver = new Receiver();
const KEY = 'key-of-the-signatures-0123456789';
/** Part of the webhook's address, as it is of Slack's: whoever has it may post. */
const ADDRESS_SECRET = 'T0Secret/B0Secret/xoxSecretPart9876';
const secrets = (): Record<string, string> => ({
  NEL_NOTIFY_SECRET: KEY,
  NIGHT_WEBHOOK: `http://127.0.0.1:${receiver.port}/services/${ADDRESS_SECRET}`,
});
let worker: Running;
const workers: Running[] = [];
let client: Client;

const schedule = (name: string, ...more: string[]): string[] => [
  ...['schedule', 'create', name, '--cron', '0 2 1 1 *', '--config', 'eval.yaml', '--policy', 'policy.yaml', '-o', 'nightly', ...more],
];

function history(name: string): NightRecord[] {
  const file = lab.path('nightly', name, 'history.jsonl');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as NightRecord);
}

function lastGo(name: string): LastGo {
  return JSON.parse(readFileSync(lab.path('nightly', name, 'last-go.json'), 'utf8')) as LastGo;
}

async function ok(args: string[]): Promise<string> {
  const { code, stdout, stderr } = await lab.nel(args);
  expect(code, `nel ${args.join(' ')}: ${stderr}`).toBe(0);
  return stdout;
}

async function startWorker(): Promise<Running> {
  const started = lab.start(['worker', '--embedded'], secrets());
  workers.push(started);
  await until(`the worker; it said ${started.stderr()}`, () => started.stderr().includes(' polls nel at '), 60);
  return started;
}

/** The night after those that are there, told or not told. */
async function nextNight(name: string, before: number): Promise<NightRecord> {
  await until(`night ${before + 1} of ${name}; the worker said ${worker.stderr()}`, () => history(name).length > before, 60);
  const night = history(name)[before] as NightRecord;
  await until('no night under way', async () => (await running(name)) === 0, 60);
  return night;
}

async function running(name: string): Promise<number> {
  const { info } = await client.schedule.getHandle(`nel-nightly-${name}`).describe();
  return info.runningActions.length;
}

async function night(name: string, wrong: number): Promise<NightRecord> {
  adder.wrong = wrong;
  const before = history(name).length;
  expect(await ok(['schedule', 'trigger', name])).toBe('started\n');
  return nextNight(name, before);
}

beforeAll(async () => {
  await Promise.all([adder.start(), receiver.start()]);
  writeConfig(lab, adder.url);
  adder.wrong = 1;
  await ok(['eval', 'run', 'eval.yaml']);
  worker = await startWorker();
  client = new Client({ connection: await Connection.connect({ address: await lab.serverAddress() }) });
}, 120_000);

afterAll(async () => {
  await client?.connection.close();
  await lab.close();
  await Promise.all([adder.stop(), receiver.close()]);
});

describe('a schedule against last-go', () => {
  const nights: NightRecord[] = [];

  it('is GO, NO-GO and GO in three nights of changing quality', { timeout: 180_000 }, async () => {
    const created = await ok(schedule('main', '--baseline', 'last-go', '--notify', 'env:NIGHT_WEBHOOK'));
    expect(created).toMatch(/^main {2}next \d{4}-01-01T02:00:00.000Z {2}\(0 2 1 1 \*, UTC\)\n$/);
    await ok(['schedule', 'accept', 'main', 'baseline']);
    for (const wrong of [1, 5, 0]) nights.push(await night('main', wrong));
    const [first, second, third] = nights as [NightRecord, NightRecord, NightRecord];
    expect(nights.map(({ verdict, score, became_last_go }) => ({ verdict, score, became_last_go }))).toEqual([
      { verdict: 'GO', score: 0.9, became_last_go: true },
      { verdict: 'NO-GO', score: 0.5, became_last_go: false },
      { verdict: 'GO', score: 1, became_last_go: true },
    ]);
    expect(second).toMatchObject({
      status: 'gated',
      reasons: ['BREACH: sums [critical]'],
      baseline: { run_id: first.run_id, dir: lab.path('nightly', 'main', first.run_id) },
      benchmarks: [{ name: 'sums', score: 0.5, delta: expect.closeTo(-0.4), direction: 'higher_is_better', status: 'BREACH' }],
    });
    expect(third.baseline?.run_id).toBe(first.run_id);
    expect(lastGo('main')).toMatchObject({ run_id: third.run_id, dir: third.run_id, by: 'go' });
  });

  it('keeps report, text and comparison beside each run', () => {
    const dir = lab.path('nightly', 'main', nights[1]?.run_id ?? '');
    expect(JSON.parse(readFileSync(path.join(dir, 'gate_report.json'), 'utf8'))).toMatchObject({ verdict: 'NO-GO' });
    expect(readFileSync(path.join(dir, 'gate_report.txt'), 'utf8')).toMatch(/^NO-GO\n/);
    expect(JSON.parse(readFileSync(path.join(dir, 'regression.json'), 'utf8'))).toMatchObject({ benchmark: 'sums' });
  });

  it('tells the webhook of each night, signed', () => {
    for (const { run_id, verdict } of nights) {
      const [message, ...others] = receiver.of(run_id);
      expect(others).toEqual([]);
      const body = JSON.parse(message?.body ?? '{}') as { text: string; blocks: unknown[]; nel: Record<string, unknown> };
      expect(body.text).toContain(`*${verdict} · main`);
      expect(body.blocks).toEqual([{ type: 'section', text: { type: 'mrkdwn', text: body.text } }]);
      expect(body.nel).toMatchObject({ schedule: 'main', run_id, verdict });
      const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(message?.headers['x-nel-signature'])) ?? [];
      expect(v1).toBe(createHmac('sha256', KEY).update(`${t}.${message?.body}`).digest('hex'));
      expect(Math.abs(Date.now() / 1000 - Number(t))).toBeLessThan(300);
    }
  });

  it('shows verdicts, trend, baseline and the next time', async () => {
    const shown = await ok(['schedule', 'show', 'main']);
    const lines = shown.split('\n');
    expect(lines.filter((line) => / (GO|NO-GO) /.test(line)).map((line) => line.split(/ {2,}/).slice(1, 4))).toEqual([
      ['GO', '0.9000', '+0.0000'],
      ['NO-GO', '0.5000', '-0.4000'],
      ['GO', '1.0000', '+0.1000'],
    ]);
    expect(shown).toContain('  sums  ▇▁█  0.9000 → 1.0000 (+0.1000), lowest 0.5000, highest 1.0000');
    expect(shown).toContain(`last-go   ${nights[2]?.run_id} (go, `);
    expect(shown).toMatch(/next {6}\d{4}-01-01 02:00Z/);
    expect(await ok(['schedule', 'list'])).toMatch(/^main {2}next .* last GO {2}eval.yaml by policy.yaml against last-go$/m);
  });

  it("sets NelVerdict and NelScore on the night's workflow", async () => {
    const found: unknown[] = [];
    await until('the night in the list', async () => {
      found.length = 0;
      for await (const { type, memo } of client.workflow.list({ query: "NelVerdict = 'NO-GO' AND NelScore = 0.5" })) {
        found.push({ type, summary: memo?.['summary'] });
      }
      return found.length > 0;
    });
    expect(found).toEqual([{ type: 'nightly', summary: 'NO-GO; BREACH: sums [critical]' }]);
  });

  it('has the same verdict, once, when its worker is killed in the middle of the gate', { timeout: 120_000 }, async () => {
    // A pipe that nobody writes into holds the gate where it reads the baseline.
    const results = lab.path('nightly', 'main', lastGo('main').run_id, 'sums', 'results.jsonl');
    renameSync(results, `${results}.kept`);
    execFileSync('mkfifo', [results]);
    adder.wrong = 2;
    const before = history('main').length;
    await ok(['schedule', 'trigger', 'main']);
    await until('the gate under way', async () => (await pendingActivity('main')) === 'gateRuns', 60);
    expect(await ok(['schedule', 'trigger', 'main'])).toBe('skipped: a night is under way\n');
    worker.child.kill('SIGKILL');
    await worker.done;
    rmSync(results);
    renameSync(`${results}.kept`, results);
    worker = await startWorker();
    const gated = await nextNight('main', before);
    expect(gated).toMatchObject({ verdict: 'NO-GO', score: 0.8, became_last_go: false });
    expect(history('main')).toHaveLength(before + 1);
    expect(receiver.of(gated.run_id)).toHaveLength(1);
    expect(lastGo('main').run_id).toBe(nights[2]?.run_id);
    expect(await ok(['schedule', 'show', 'main'])).toContain('left out  1 while another night ran, 0 while no server did');
  });

  it('has its verdict when the receiver fails, and says that it was not taken', { timeout: 120_000 }, async () => {
    receiver.status = 500;
    const gated = await night('main', 0);
    receiver.status = 200;
    expect(gated).toMatchObject({ verdict: 'GO', became_last_go: true });
    expect(receiver.of(gated.run_id)).toHaveLength(4);
    const kept = readFileSync(lab.path('nightly', 'main', gated.run_id, 'notification.json'), 'utf8');
    expect(JSON.parse(kept)).toMatchObject({ delivered: false, attempts: 4, reason: 'the receiver answered 500', to: 'env:NIGHT_WEBHOOK' });
    expect(await ok(['schedule', 'show', 'main'])).toContain('  - notification not taken: the receiver answered 500');
  });
});

describe('a night without a verdict', () => {
  it('fails as such when the endpoint is down, tells so, and leaves last-go alone', { timeout: 120_000 }, async () => {
    await ok(schedule('down', '--baseline', 'last-go', '--time-limit', '5s', '--notify', 'env:NIGHT_WEBHOOK'));
    await ok(['schedule', 'accept', 'down', 'baseline']);
    await adder.stop();
    const failed = await night('down', 0);
    await adder.start();
    expect(failed).toMatchObject({ status: 'failed', verdict: null, score: null, became_last_go: false, baseline: null });
    expect(failed.reasons).toEqual([
      'the run did not end within 5s',
      expect.stringMatching(/^sums: its endpoint does not answer: .*ECONNREFUSED/),
    ]);
    expect(receiver.of(failed.run_id)[0]?.body).toContain('*FAILED · down*');
    expect(lastGo('down').by).toBe('accepted');
    const { status } = await client.workflow.getHandle(await lastWorkflow('down')).describe();
    expect(status.name).toBe('FAILED');
  });

  it('fails as such when its config no longer reads', { timeout: 60_000 }, async () => {
    renameSync(lab.path('policy.yaml'), lab.path('policy.kept'));
    const failed = await night('down', 0);
    renameSync(lab.path('policy.kept'), lab.path('policy.yaml'));
    expect(failed).toMatchObject({ status: 'failed', verdict: null });
    expect(failed.reasons[0]).toContain('policy.yaml: gate policy: no such file');
  });
});

describe('a first night', () => {
  it('is INCONCLUSIVE without a baseline, until a run is accepted', { timeout: 120_000 }, async () => {
    await ok(schedule('young', '--baseline', 'last-go'));
    const first = await night('young', 1);
    expect(first).toMatchObject({ status: 'gated', verdict: 'INCONCLUSIVE', score: 0.9, baseline: null, became_last_go: false });
    expect(first.reasons).toEqual([`No baseline yet: nel schedule accept young ${first.run_id} makes this run the first`]);
    await ok(['schedule', 'accept', 'young', first.run_id]);
    expect(await night('young', 1)).toMatchObject({ verdict: 'GO', baseline: { run_id: first.run_id } });
  });

  it('becomes the baseline where the schedule says so, INCONCLUSIVE all the same', { timeout: 120_000 }, async () => {
    await ok(schedule('eager', '--baseline', 'last-go', '--first-run-is-baseline'));
    const first = await night('eager', 1);
    expect(first).toMatchObject({ verdict: 'INCONCLUSIVE', became_last_go: true });
    expect(lastGo('eager')).toMatchObject({ run_id: first.run_id, by: 'first-run' });
  });
});

describe('a schedule', () => {
  it('can be held against a directory, and against a run id', { timeout: 120_000 }, async () => {
    await ok(schedule('fixed', '--baseline', 'baseline'));
    const good = await night('fixed', 1);
    expect(good).toMatchObject({ verdict: 'GO', baseline: { dir: lab.path('baseline') } });
    await ok(schedule('byid', '--baseline', good.run_id));
    expect(await night('byid', 4)).toMatchObject({ verdict: 'NO-GO', baseline: { run_id: good.run_id } });
  });

  it('starts nights by the clock', { timeout: 60_000 }, async () => {
    // Temporal takes this form of cron too; "* * * * *" would be a minute's wait.
    await ok([...schedule('clock', '--baseline', 'baseline'), '--cron', '@every 3s']);
    await until(`a night; the worker said ${worker.stderr()}`, () => history('clock').length > 0);
    await ok(['schedule', 'delete', 'clock']);
    expect(history('clock')[0]).toMatchObject({ status: 'gated', baseline: { dir: lab.path('baseline') } });
  });

  it('starts nothing while paused, and is gone when deleted, but for its folder', { timeout: 60_000 }, async () => {
    expect(await ok(['schedule', 'pause', 'fixed', '--note', 'cluster is moved'])).toBe('paused; a night under way goes on\n');
    expect(await ok(['schedule', 'show', 'fixed'])).toMatch(/^fixed {2}paused \(cluster is moved\)/);
    expect(await ok(['schedule', 'resume', 'fixed'])).toMatch(/^resumed; next \d{4}-01-01T02/);
    expect(await ok(['schedule', 'show', 'fixed'])).toMatch(/^fixed {2}active/);
    expect(await ok(['schedule', 'delete', 'fixed'])).toContain(lab.path('nightly', 'fixed'));
    const gone = await lab.nel(['schedule', 'show', 'fixed']);
    expect(gone.code).toBe(3);
    expect(gone.stderr).toContain('no schedule "fixed" on this Temporal server');
    expect(history('fixed')).toHaveLength(1);
  });

  it('is refused for a name that is taken, a bad expression and an address that is a secret', { timeout: 60_000 }, async () => {
    const taken = await lab.nel(schedule('main', '--baseline', 'last-go'));
    expect([taken.code, taken.stderr]).toEqual([3, expect.stringContaining('there is a schedule "main" already')]);
    const bad = await lab.nel([...schedule('bad', '--baseline', 'last-go'), '--cron', 'every night']);
    expect([bad.code, bad.stderr]).toEqual([3, expect.stringContaining('the schedule was refused')]);
    expect(existsSync(lab.path('nightly', 'bad'))).toBe(false);
    const secret = await lab.nel(schedule('s', '--baseline', 'last-go', '--notify', 'https://hooks.slack.com/services/T0/B0/hush'));
    expect([secret.code, secret.stderr]).toEqual([3, expect.stringContaining('--notify: it holds a secret, or is one')]);
    expect(secret.stderr).not.toContain('hush');
  });

  it('is refused in a store, and in a time zone that the server would not know', { timeout: 60_000 }, async () => {
    const store = await lab.nel([...schedule('s', '--baseline', 'last-go'), '-o', 's3://bucket/nightly']);
    expect([store.code, store.stderr]).toEqual([3, expect.stringContaining('nights are kept in a folder, not in a store')]);
    expect(existsSync(lab.path('s3:'))).toBe(false);
    const small = await lab.nel(schedule('s', '--baseline', 'last-go', '--timezone', 'europe/berlin'));
    expect([small.code, small.stderr]).toEqual([
      3,
      expect.stringMatching(/--timezone: no time zone is called "europe\/berlin"\s.*it is Europe\/Berlin/),
    ]);
    // A second name of Asia/Calcutta, whose capitals only the server knows.
    const second = await lab.nel(schedule('s', '--baseline', 'last-go', '--timezone', 'Asia/kolkata'));
    expect([second.code, second.stderr]).toEqual([3, expect.stringContaining('--timezone')]);
    expect(await ok(schedule('s', '--baseline', 'last-go', '--timezone', 'Asia/Kolkata'))).toContain('Asia/Kolkata');
    await ok(['schedule', 'delete', 's']);
  });

  it('leaves the folder to the schedule of another server, until that one is deleted', { timeout: 120_000 }, async () => {
    const file = lab.path('nightly', 'theirs', 'schedule.json');
    const other = { TEMPORAL_ADDRESS: await lab.serverAddress(), TEMPORAL_NAMESPACE: 'other' };
    await client.workflowService.registerNamespace({ namespace: 'other', workflowExecutionRetentionPeriod: { seconds: 86_400 as never } });
    await until('the namespace', async () => (await lab.nel(['schedule', 'list'], other)).code === 0, 60);
    await until('a schedule there', async () => (await lab.nel(schedule('theirs', '--baseline', 'last-go'), other)).code === 0, 60);
    const before = readFileSync(file, 'utf8');
    const refused = await lab.nel(schedule('theirs', '--baseline', 'last-go', '--cron', '0 5 * * *'));
    expect([refused.code, refused.stderr]).toEqual([
      3,
      expect.stringContaining(
        `${path.dirname(file)} belongs to a schedule of the Temporal server at ${other.TEMPORAL_ADDRESS}, namespace other`,
      ),
    ]);
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect((await lab.nel(['schedule', 'delete', 'theirs'], other)).code).toBe(0);
    await ok(schedule('theirs', '--baseline', 'last-go'));
    const mine = readFileSync(file, 'utf8');
    await ok(['schedule', 'delete', 'theirs']);
    const kept = readFileSync(file, 'utf8');
    expect(kept).not.toBe(mine);
    expect((await lab.nel([...schedule('theirs', '--baseline', 'last-go'), '--cron', 'every night'])).code).toBe(3);
    expect(readFileSync(file, 'utf8')).toBe(kept);
  });

  it('whose history cannot be read does not keep the others from the list', { timeout: 60_000 }, async () => {
    await ok(schedule('unread', '--baseline', 'last-go'));
    mkdirSync(lab.path('nightly', 'unread', 'history.jsonl'));
    let listed = await lab.nel(['schedule', 'list']);
    await until('it in the list', async () => (listed = await lab.nel(['schedule', 'list'])).stdout.includes('unread'));
    expect(listed.code).toBe(0);
    expect(listed.stdout).toMatch(/^main {2}next .* last GO/m);
    expect(listed.stdout).toMatch(/^unread {2}next .* last unknown/m);
    expect(listed.stderr).toContain('note: the history of unread cannot be shown: ');
    await ok(['schedule', 'delete', 'unread']);
  });
});

it('leaves neither the address nor the key in files, logs or histories', { timeout: 60_000 }, async () => {
  const texts = workers.map((one) => one.stderr());
  for (const file of readdirSync(lab.path('nightly'), { recursive: true, encoding: 'utf8' }).map((name) => lab.path('nightly', name))) {
    if (statSync(file).isFile()) texts.push(readFileSync(file, 'utf8'));
  }
  for await (const { workflowId, runId } of client.workflow.list({ query: "WorkflowType = 'nightly'" })) {
    texts.push(...textsOf(await client.workflow.getHandle(workflowId, runId).fetchHistory()));
  }
  // What was searched is what it should be: payloads too.
  expect(texts.filter((text) => text.startsWith('{"run_id"') && text.includes('"verdict":"NO-GO"')).length).toBeGreaterThan(0);
  for (const hidden of [ADDRESS_SECRET, 'xoxSecretPart9876', KEY]) expect(texts.filter((text) => text.includes(hidden))).toEqual([]);
});

/** Every text in a history, those in payloads too. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString()];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

async function lastWorkflow(name: string): Promise<string> {
  const { info } = await client.schedule.getHandle(`nel-nightly-${name}`).describe();
  return info.recentActions.at(-1)?.action.workflow.workflowId ?? '';
}

async function pendingActivity(name: string): Promise<string | null | undefined> {
  const { raw } = await client.workflow.getHandle(await lastWorkflow(name)).describe();
  const pending = raw.pendingActivities?.[0];
  // 2: started.
  return pending?.state === 2 ? pending.activityType?.name : undefined;
}
