/** deploy/k8s: valid for the oldest and the newest supported Kubernetes, safe by default, and calling `nel` as it is. */

import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../temporary-folder.js';
import { tools } from '../../test-tools.js';
import { faultOf } from './commands.js';
import { KUSTOMIZATION, MANIFESTS, ROOT, read, run, yamlDocuments } from './files.js';

interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly resources: { readonly requests: object; readonly limits: object };
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string }[];
  readonly startupProbe?: unknown;
}

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Record<string, unknown> & {
    readonly template?: {
      readonly spec: { readonly hostname?: string; readonly securityContext: object; readonly containers: readonly Container[] };
    };
  };
}

const checks = tools('checks');
const resources = MANIFESTS.flatMap((file) => yamlDocuments<Resource>(file));
const workloads = resources.filter(({ spec }) => spec?.template !== undefined);
const container = ({ spec }: Resource): Container => spec.template?.spec.containers[0] as Container;
const named = (name: string): Resource => resources.find(({ metadata }) => metadata.name === name) as Resource;

describe.skipIf(checks.folder === null)(`the manifests${checks.hint}`, () => {
  const validate = (version: string, files: readonly string[]) =>
    run(path.join(checks.folder as string, 'kubernetes-validate'), ['--strict', '--kubernetes-version', version, ...files]);

  it.each(['1.29', '1.33', '1.37'])('are valid in Kubernetes %s, without a field that it does not know', async (version) => {
    const { code, output } = await validate(version, MANIFESTS);
    expect(code, output).toBe(0);
  });

  it('would not be valid with a misspelt field', async () => {
    const file = path.join(temporaryFolder('deploy'), 'job.yaml');
    writeFileSync(file, read('deploy/k8s/eval-job.yaml').replace('backoffLimit', 'backofLimit'));
    const { code } = await validate('1.33', [file]);
    expect(code).not.toBe(0);
  });
});

describe('the kustomization', () => {
  const kubectl = hasKubectl();

  it('has every manifest but the example of a secret', () => {
    const [{ resources: files }] = yamlDocuments<{ resources: string[] }>(KUSTOMIZATION) as [{ resources: string[] }];
    const expected = MANIFESTS.map((file) => path.basename(file)).filter((file) => file !== 'secret.example.yaml');
    expect([...files].sort()).toEqual(expected);
  });

  it.skipIf(!kubectl)(`builds${kubectl ? '' : ' (skipped: install kubectl)'}`, async () => {
    const { code, output } = await run('kubectl', ['kustomize', path.dirname(path.join(ROOT, KUSTOMIZATION))]);
    expect(code, output).toBe(0);
    // Nothing is paid twice, and the merge waits for the shards.
    expect(output).toMatch(/name: nel-eval\nspec:\n {2}backoffLimit: 4\n {2}podReplacementPolicy: Failed\n {2}suspend: true\n/);
    expect(output).toMatch(/activeDeadlineSeconds: 172800\n {2}backoffLimit: 600\n/);
  });
});

describe('every Pod', () => {
  it.each(workloads.map((one) => [one.metadata.name, one] as const))('of %s runs without rights that it does not need', (_name, one) => {
    expect(one.spec.template?.spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(container(one).securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(container(one).resources).toEqual({
      requests: { cpu: expect.anything(), memory: expect.anything() },
      limits: { cpu: expect.anything(), memory: expect.anything() },
    });
  });

  it.each(workloads.map((one) => [one.metadata.name, one] as const))('of %s is of the released version', (_name, one) => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(container(one).image).toBe(`nel:${version}`);
  });

  it.each(workloads.map((one) => [one.metadata.name, one] as const))('of %s has no secret in its manifest', (_name, one) => {
    const written = (container(one).env ?? []).filter(({ value }) => value !== undefined).map(({ name }) => name);
    expect(written.filter((name) => /key|token|secret|password/i.test(name))).toEqual([]);
  });

  it.each(workloads.map((one) => [one.metadata.name, one] as const))(
    'of %s calls a command that there is, with flags that it has',
    (_name, one) => {
      expect(faultOf(container(one).args)).toBe(null);
    },
  );
});

describe('a Job', () => {
  const jobs = workloads.filter(({ kind }) => kind === 'Job');

  it('never has two Pods that write to one folder', () => {
    expect(jobs.map(({ metadata, spec }) => [metadata.name, spec['podReplacementPolicy']])).toEqual([
      ['nel-eval-sharded', 'Failed'],
      ['nel-eval', 'Failed'],
      ['nel-eval-merge', 'Failed'],
    ]);
  });

  it('names its Pods’ host, the same for each attempt; the Indexed one does so by itself', () => {
    expect(jobs.map(({ metadata, spec }) => [metadata.name, spec.template?.spec.hostname])).toEqual([
      ['nel-eval-sharded', undefined],
      ['nel-eval', 'nel-eval'],
      ['nel-eval-merge', 'nel-eval-merge'],
    ]);
  });
});

describe('the documented names', () => {
  it('are those of the resources', () => {
    expect(resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
      'ConfigMap nel-eval',
      'ConfigMap nel-temporal',
      'Deployment nel-serve',
      'Deployment nel-worker',
      'Job nel-eval',
      'Job nel-eval-merge',
      'Job nel-eval-sharded',
      'NetworkPolicy nel-serve',
      'PersistentVolumeClaim eval-data',
      'Secret nel-temporal',
      'Secret nemo-api',
      'Service nel-serve',
    ]);
  });

  it('give each Pod of the Indexed Job its shard', () => {
    const job = named('nel-eval-sharded');
    expect(job.spec).toMatchObject({ completionMode: 'Indexed', completions: 8, parallelism: 8, backoffLimitPerIndex: 3 });
    expect(container(job).env).toContainEqual({
      name: 'NEL_SHARD_IDX',
      valueFrom: { fieldRef: { fieldPath: "metadata.annotations['batch.kubernetes.io/job-completion-index']" } },
    });
    expect(container(job).env).toContainEqual({ name: 'NEL_TOTAL_SHARDS', value: '8' });
  });

  it('let the merge read where the shards write', () => {
    const output = container(named('nel-eval-sharded')).args.at(-1);
    expect(container(named('nel-eval-merge')).args).toEqual(['eval', 'merge', output]);
  });

  it('serve on port 9090, probed on /health', () => {
    const probe = { httpGet: { path: '/health', port: 'http' } };
    expect(named('nel-serve').spec.template?.spec.containers[0]).toMatchObject({
      ports: [{ name: 'http', containerPort: 9090 }],
      startupProbe: probe,
      readinessProbe: probe,
      livenessProbe: probe,
    });
    expect(resources.find(({ kind }) => kind === 'Service')?.spec).toMatchObject({ type: 'ClusterIP', ports: [{ port: 9090 }] });
  });
});

function hasKubectl(): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => existsSync(path.join(folder, 'kubectl')));
}
