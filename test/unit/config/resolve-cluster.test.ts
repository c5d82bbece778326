/** Clusters and the models that their jobs serve, as a config resolves to them. */

import { describe, expect, it } from 'vitest';
import { parseEvalConfig } from '../../../src/config/load.js';
import { type ResolvedRun, resolveRunSpec } from '../../../src/config/resolve.js';
import { checkSecrets } from '../../../src/config/secrets.js';
import { yaml } from './helpers.js';

function resolve(env: Readonly<Record<string, string>>, key: string): ResolvedRun {
  const text = yaml(
    'services:',
    `  m: {type: vllm, model: org/m, api_key: "${key}"}`,
    'benchmarks: [{name: gsm8k}]',
    'cluster: {type: slurm, walltime: "04:00:00", workdir: /w, node_pools: {a: {}}}',
  );
  return resolveRunSpec({ file: parseEvalConfig(text, 'eval.yaml'), flags: {}, env, cwd: '/work' });
}

describe('the API key of a model that jobs serve', () => {
  it.each([
    ['${VK:-}', {}, null],
    ['${VK:-}', { VK: 'x' }, 'VK'],
    ['${VK}', {}, 'VK'],
  ] as const)('%s in %o is the variable %s', (key, env, variable) => {
    const { spec } = resolve(env, key);
    expect(spec.services['m']?.api_key_env).toBe(variable);
    expect(spec.cluster).toMatchObject({ secret_env: variable === null ? [] : [variable] });
  });

  it('is missed only where it may not be left out', () => {
    expect(() => checkSecrets(resolve({}, '${VK:-}').spec, {}, undefined)).not.toThrow();
    expect(() => checkSecrets(resolve({}, '${VK}').spec, {}, undefined)).toThrow('VK');
  });
});
