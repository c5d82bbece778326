/** The objects that runs create, held against the API's own schemas. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { mergeJobManifest, planConfigMap, shardJobManifest } from '../../../src/adapters/clusters/kubernetes/manifest.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { tools } from '../../test-tools.js';
import { cluster, shardJob } from '../../unit/adapters/kubernetes/cluster.js';
import { run } from '../deploy/files.js';

const checks = tools('checks');
const full = cluster({
  image_pull_secrets: ['registry'],
  max_concurrent_shards: 2,
  env: { AWS_REGION: 'eu-central-1' },
  volume: { claim: 'eval-data', mount_path: '/data' },
  service_account: 'nel',
  node_selector: { 'node.kubernetes.io/instance-type': 'c7i.large' },
  tolerations: [
    { key: 'spot', operator: 'Equal', value: 'true', effect: 'NoSchedule' },
    { key: null, operator: 'Exists', value: null, effect: null },
  ],
});
const objects = {
  'all shards': shardJobManifest(shardJob()),
  'some shards, all settings': shardJobManifest(shardJob({ cluster: full, attempt: 2, shards: [1, 3], resume: true })),
  merge: mergeJobManifest({ ...shardJob(), cluster: full }),
  plan: planConfigMap(shardJob(), '{}'),
};

describe.skipIf(checks.folder === null)(`an object of a run${checks.hint}`, () => {
  const folder = temporaryFolder('deploy');
  const validate = (version: string, object: unknown) => {
    const file = path.join(folder, 'object.json');
    writeFileSync(file, JSON.stringify(object));
    return run(path.join(checks.folder as string, 'kubernetes-validate'), ['--strict', '--kubernetes-version', version, file]);
  };

  it.each(Object.entries(objects).flatMap(([name, object]) => ['1.29', '1.33', '1.37'].map((version) => [name, version, object] as const)))(
    '(%s) is valid in Kubernetes %s, without a field that it does not know',
    async (_name, version, object) => {
      const { code, output } = await validate(version, object);
      expect(code, output).toBe(0);
    },
  );

  it('would not be valid with a misspelt field', async () => {
    const job = shardJobManifest(shardJob());
    const { code } = await validate('1.33', { ...job, spec: { ...job.spec, backofLimit: 1 } });
    expect(code).not.toBe(0);
  });
});
