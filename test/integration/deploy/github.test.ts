/** deploy/github-actions-eval.yml: its scripts in the order of its jobs, with the runner's part (checkouts, artifacts) played by the test. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FakeEndpoint } from '../../fakes/endpoint.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { GITHUB, NEL, type Ran, run, yamlDocuments } from './files.js';
import { evalConfig, SUMS, startModels } from './sums.js';

interface Job {
  readonly needs?: string;
  readonly if?: string;
  readonly steps: readonly { readonly name?: string; readonly run?: string; readonly env?: Readonly<Record<string, string>> }[];
}

interface Workflow {
  readonly jobs: Readonly<Record<string, Job>>;
}

const [workflow] = yamlDocuments<Workflow>(GITHUB) as [Workflow];

let folder: string;
let endpoint: FakeEndpoint;

beforeAll(async () => {
  folder = temporaryFolder('deploy');
  writeFileSync(path.join(folder, 'sums.js'), SUMS);
  endpoint = await startModels();
});

afterAll(async () => {
  await endpoint.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** The last script of a job. */
const job = (name: string, env: Record<string, string>): Promise<Ran> =>
  shell(workflow.jobs[name]?.steps.findLast((step) => step.run !== undefined)?.run as string, env);

/** A script as the runner calls it; the defaults are those of the workflow's `env`. */
function shell(script: string, env: Record<string, string>): Promise<Ran> {
  const defaults = {
    NEL_COMMAND: `${process.execPath} ${NEL}`,
    NEL_MAX_DROP: '0.05',
    NEL_REPEATS: '2',
    NEL_CONFIG: '',
    NEL_GATE_POLICY: '',
  };
  const given = { ...defaults, GITHUB_STEP_SUMMARY: path.join(folder, 'summary.md'), ...env };
  return run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], { cwd: folder, env: { ...process.env, ...given } });
}

describe('the GitHub workflow', () => {
  it('stops a pull request whose model is worse, with the verdict in the summary', { timeout: 120_000 }, async () => {
    for (const [side, model] of [
      ['baseline', 'good'],
      ['candidate', 'weak'],
    ] as const) {
      writeFileSync(path.join(folder, 'eval.yaml'), evalConfig(endpoint.url, model));
      const { code, output } = await job('evaluate', { NEL_SIDE: side, NEL_CONFIG: 'eval.yaml' });
      expect(code, output).toBe(0);
    }
    const { code, output } = await job('regression', {});
    expect(code, output).toBe(1);
    expect(readFileSync(path.join(folder, 'summary.md'), 'utf8')).toMatch(/^# Quality gate: NO-GO\n/);
    expect(readFileSync(path.join(folder, 'results/regression.xml'), 'utf8')).toContain('name="sums"');
    expect(JSON.parse(readFileSync(path.join(folder, 'results/regression.json'), 'utf8'))).toHaveProperty('score_deltas.mean_reward');
  });

  it('lets it pass where the drop is allowed', { timeout: 60_000 }, async () => {
    const { code, output } = await job('regression', { NEL_MAX_DROP: '0.2' });
    expect(code, output).toBe(0);
  });

  it.each(['failure', 'cancelled', 'skipped'])(
    'fails its check, in place of skipping it, when an evaluation ended as %s',
    async (result) => {
      const { needs, if: condition, steps } = workflow.jobs['regression'] as Job;
      expect({ needs, condition }).toEqual({ needs: 'evaluate', condition: '${{ always() }}' });
      const [first] = steps;
      expect(first?.env).toEqual({ EVALUATED: '${{ needs.evaluate.result }}' });
      const { code, output } = await shell(first?.run as string, { EVALUATED: result });
      expect(code).toBe(1);
      expect(output).toBe(`::error::eval:baseline or eval:candidate ended with ${result}, so there is nothing to compare\n`);
    },
  );

  it('lets the comparison begin when both evaluations ended well', async () => {
    const [first] = (workflow.jobs['regression'] as Job).steps;
    expect(await shell(first?.run as string, { EVALUATED: 'success' })).toEqual({ code: 0, output: '' });
  });

  it('runs every step only after those before it ended well, but for the upload', () => {
    const { steps } = workflow.jobs['regression'] as { steps: { if?: string; uses?: string; 'continue-on-error'?: boolean }[] };
    expect(steps.filter((step) => 'continue-on-error' in step)).toEqual([]);
    expect(steps.filter((step) => step.if !== undefined).map(({ uses }) => uses)).toEqual(['actions/upload-artifact@v4']);
  });

  it('has no key in a script, and none but the evaluation gets it', () => {
    const text = JSON.stringify(workflow);
    expect(text.match(/secrets\.\w+/g)).toEqual(['secrets.NEMO_API_KEY']);
    expect(JSON.stringify(workflow.jobs['regression'])).not.toContain('secrets.');
  });
});
