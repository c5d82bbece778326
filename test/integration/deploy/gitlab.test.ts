/** deploy/gitlab-ci-eval.yml, run for real by gitlab-ci-local in a repository of its own: what it lets pass, what it stops, what it leaves. */

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeEndpoint } from '../../fakes/endpoint.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { tools } from '../../test-tools.js';
import { GITLAB, NEL, type Ran, ROOT, run, yamlDocuments } from './files.js';
import { evalConfig, SUMS, startModels } from './sums.js';

const gitlab = tools('gitlab');
const LIMIT_MS = 180_000;

let folder: string;
let endpoint: FakeEndpoint;

beforeAll(async () => {
  folder = temporaryFolder('deploy');
  endpoint = await startModels();
});

afterAll(async () => {
  await endpoint.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function git(cwd: string, ...args: string[]): void {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...identity, ...args], { cwd, stdio: 'pipe' });
}

/** A repository whose target branch asks `good`, on a branch whose config asks `model`. */
function mergeRequest(name: string, model: string, files: Record<string, string> = {}): string {
  const origin = path.join(folder, `${name}.git`);
  const work = path.join(folder, name);
  mkdirSync(path.join(work, 'deploy'), { recursive: true });
  git(folder, 'init', '--quiet', '--bare', '--initial-branch=main', origin);
  git(folder, 'init', '--quiet', '--initial-branch=main', work);
  cpSync(path.join(ROOT, GITLAB), path.join(work, GITLAB));
  writeFileSync(path.join(work, '.gitlab-ci.yml'), `include:\n  - local: ${GITLAB}\n`);
  writeFileSync(path.join(work, '.gitignore'), '.gitlab-ci-local/\nresults/\n');
  writeFileSync(path.join(work, 'sums.js'), SUMS);
  writeFileSync(path.join(work, 'eval.yaml'), evalConfig(endpoint.url, 'good'));
  git(work, 'add', '--all');
  git(work, 'commit', '--quiet', '--message=base');
  git(work, 'remote', 'add', 'origin', origin);
  git(work, 'push', '--quiet', 'origin', 'main');
  git(work, 'remote', 'set-head', 'origin', 'main');
  git(work, 'checkout', '--quiet', '-b', 'feature');
  for (const [file, text] of Object.entries({ 'eval.yaml': evalConfig(endpoint.url, model), ...files }))
    writeFileSync(path.join(work, file), text);
  git(work, 'add', '--all');
  git(work, 'commit', '--quiet', '--allow-empty', '--message=change');
  return work;
}

function pipeline(work: string, variables: Record<string, string>): Promise<Ran> {
  const all = {
    CI_PIPELINE_SOURCE: 'merge_request_event',
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME: 'main',
    NEL_COMMAND: `${process.execPath} ${NEL}`,
    ...variables,
  };
  const args = [
    ...['--force-shell-executor', '--shell-isolation', '--no-color'],
    ...['--ignore-predefined-vars', 'CI_PIPELINE_SOURCE,CI_MERGE_REQUEST_TARGET_BRANCH_NAME'],
    ...Object.entries(all).flatMap(([name, value]) => ['--variable', `${name}=${value}`]),
  ];
  return run(path.join(gitlab.folder as string, 'gitlab-ci-local'), args, { cwd: work, env: { ...process.env, NO_COLOR: '1' } });
}

/** The files that a job declared and left, relative to its checkout. */
function artifacts(work: string, job: string): string[] {
  const dir = path.join(work, '.gitlab-ci-local/artifacts', job.replace(':', 'Og'));
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)))
    .sort();
}

const report = (work: string, name: string): string =>
  readFileSync(path.join(work, '.gitlab-ci-local/artifacts/regressionOgcheck/results', name), 'utf8');

const REPORTS = ['results/regression.json', 'results/regression.md', 'results/regression.xml'];

it('the GitLab pipeline has no job whose failure is let pass', () => {
  const text = JSON.stringify(yamlDocuments(GITLAB));
  expect(text.match(/"(allow_failure|optional)"|"when":"(?!always)[^"]*"/g)).toBe(null);
});

describe.skipIf(gitlab.folder === null)(`the GitLab pipeline${gitlab.hint}`, () => {
  it('passes a merge request that changes nothing, and leaves the declared artifacts', { timeout: LIMIT_MS }, async () => {
    const work = mergeRequest('same', 'good');
    const { code, output } = await pipeline(work, { NEL_CONFIG: 'eval.yaml' });
    expect(code, output).toBe(0);
    for (const side of ['baseline', 'candidate']) {
      const files = artifacts(work, `eval:${side}`).map((file) => file.replace(/eval-.*\.json$/, 'eval-….json'));
      const expected = ['eval-….json', 'failure_analysis.json', 'results.jsonl', 'runtime_stats.json', 'trajectories.jsonl'];
      expect(files).toEqual(
        expect.arrayContaining([...expected.map((file) => `results/${side}/sums/${file}`), `results/${side}/run.json`]),
      );
      expect(files.filter((file) => file.includes('/journal/'))).toEqual([]);
    }
    expect(artifacts(work, 'regression:check')).toEqual(REPORTS);
    expect(report(work, 'regression.md')).toMatch(/^# Quality gate: GO\n/);
  });

  it('fails when the mean reward drops by more than five points', { timeout: LIMIT_MS }, async () => {
    const work = mergeRequest('worse', 'weak');
    const { code, output } = await pipeline(work, { NEL_CONFIG: 'eval.yaml' });
    expect(code, output).not.toBe(0);
    expect(output).toMatch(/PASS +eval:baseline/);
    expect(output).toMatch(/PASS +eval:candidate/);
    expect(output).toMatch(/FAIL +regression:check/);
    expect(artifacts(work, 'regression:check')).toEqual(REPORTS);
    expect(report(work, 'regression.md')).toMatch(/^# Quality gate: NO-GO\n/);
    const { score_deltas } = JSON.parse(report(work, 'regression.json')) as { score_deltas: Record<string, { delta: number }> };
    expect(score_deltas['mean_reward']?.delta).toBeCloseTo(-0.15, 10);
    expect(report(work, 'regression.xml')).toMatch(/<testsuites name="nel gate" tests="2" failures="2"/);
  });

  it('passes the same drop where NEL_MAX_DROP allows it', { timeout: LIMIT_MS }, async () => {
    const work = mergeRequest('allowed', 'weak');
    const { code, output } = await pipeline(work, { NEL_CONFIG: 'eval.yaml', NEL_MAX_DROP: '0.2' });
    expect(code, output).toBe(0);
    expect(report(work, 'regression.md')).toMatch(/^# Quality gate: GO\n/);
  });

  it('gates with a policy file in place of NEL_MAX_DROP', { timeout: LIMIT_MS }, async () => {
    const policy =
      'benchmarks:\n  sums: {tier: critical, metric: mean_reward, max_drop: 0.2}\n  lost: {tier: critical, metric: mean_reward}\n';
    const work = mergeRequest('policy', 'weak', { 'policy.yaml': policy });
    const { code, output } = await pipeline(work, { NEL_CONFIG: 'eval.yaml', NEL_GATE_POLICY: 'policy.yaml' });
    expect(code, output).not.toBe(0);
    expect(report(work, 'regression.md')).toContain('MISSING: lost');
    expect(report(work, 'regression.xml')).toContain('<testcase classname="nel gate" name="sums">\n      <system-out>');
  });

  it('takes benchmark, model, limit and sandbox from variables, and gives no key to the log', { timeout: LIMIT_MS }, async () => {
    const work = mergeRequest('flags', 'good');
    const { code, output } = await pipeline(work, {
      NEL_BENCH: './sums.js',
      NEL_MAX_PROBLEMS: '12',
      NEL_SANDBOX: 'process',
      NEMO_MODEL_URL: endpoint.url,
      NEMO_MODEL_ID: 'good',
      NEMO_API_KEY: 'sk-canary-4711',
    });
    expect(code, output).toBe(0);
    const results = path.join(work, '.gitlab-ci-local/artifacts/evalOgcandidate/results/candidate');
    const lines = readFileSync(path.join(results, 'sums/results.jsonl'), 'utf8');
    // Two answers to each of twelve problems.
    expect(lines.trim().split('\n')).toHaveLength(24);
    expect(JSON.parse(readFileSync(path.join(results, 'run.json'), 'utf8'))).toMatchObject({
      spec: { benchmarks: [{ sandbox: { type: 'process' } }] },
    });
    expect(output).not.toContain('sk-canary-4711');
  });

  it('fails at once, and says why, where nothing is chosen', { timeout: LIMIT_MS }, async () => {
    const { code, output } = await pipeline(mergeRequest('unset', 'good'), {});
    expect(code).not.toBe(0);
    expect(output).toContain('set NEL_BENCH or NEL_CONFIG');
    expect(output).not.toMatch(/(PASS|WARN) +regression:check/);
  });
});
