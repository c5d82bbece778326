import { describe, expect, it } from 'vitest';
import { parseEvalConfig } from '../../../src/config/load.js';
import { resolveRunSpec } from '../../../src/config/resolve.js';
import { isSecretName, looksLikeSecret } from '../../../src/config/secret-names.js';
import { checkSecrets, collectSecrets } from '../../../src/config/secrets.js';
import { errorOf, yaml } from './helpers.js';

const file = parseEvalConfig(
  yaml(
    'services:',
    '  a: {url: "https://host/v1", model: m, api_key: "${MY_KEY}"}',
    '  b:',
    '    url: https://host/v2',
    '    model: m',
    '    api_key: ${OTHER_KEY}',
    '  c: {url: "https://host/v3", model: m}',
    'benchmarks:',
    ...['a', 'b', 'c'].map((service, i) => `  - {name: bench${i}, solver: {service: ${service}}}`),
  ),
  'eval.yaml',
);
const { spec } = resolveRunSpec({ file, flags: {}, env: {}, cwd: '/work' });

describe('the variables of API keys', () => {
  it('pass when each holds a key', () => {
    expect(() => checkSecrets(spec, { MY_KEY: 'nvapi-1', OTHER_KEY: 'nvapi-2' }, file)).not.toThrow();
  });

  it('that are not set are named with the line that names them', () => {
    expect(errorOf(() => checkSecrets(spec, { MY_KEY: 'nvapi-1', OTHR_KEY: 'x' }, file))).toEqual({
      kind: 'config',
      message: 'eval.yaml:6:14: services.b.api_key: the environment variable OTHER_KEY is not set (did you mean "OTHR_KEY"?)',
      hint: 'It has to hold the API key for https://host/v2: export OTHER_KEY=…',
    });
  });

  it('are all named, also without a file', () => {
    expect(errorOf(() => checkSecrets(spec, { MY_KEY: ' ' }))).toEqual({
      kind: 'config',
      message: [
        '2 problems:',
        '  services.a: the environment variable MY_KEY is empty. It has to hold the API key for https://host/v1: export MY_KEY=…',
        '  services.b: the environment variable OTHER_KEY is not set. It has to hold the API key for https://host/v2: export OTHER_KEY=…',
      ].join('\n'),
    });
  });

  it('may not hold what no HTTP header can carry, and it is not repeated', () => {
    expect(errorOf(() => checkSecrets(spec, { MY_KEY: 's3cret\n', OTHER_KEY: 'x' }, file)).message).toBe(
      'eval.yaml:2:50: services.a.api_key: the environment variable MY_KEY holds a line break, white space or a character that no API key has',
    );
  });

  it('are not asked for where Pods take them from Secrets of the cluster', () => {
    const kubernetes = parseEvalConfig(
      yaml(
        'services:',
        '  a: {type: api, url: "https://host/v1", model: m, api_key: "${MY_KEY}"}',
        'benchmarks:',
        '  - {name: bench0, solver: {service: a}}',
        'cluster: {type: kubernetes, namespace: evals, image: nel:1, shards: 2, volume: {claim: results, mount_path: /results},',
        '  secret_env: [{name: MY_KEY, secret: keys, key: mine}]}',
      ),
      'eval.yaml',
    );
    const { spec: inPods } = resolveRunSpec({ file: kubernetes, flags: {}, env: {}, cwd: '/work' });
    expect(() => checkSecrets(inPods, {}, kubernetes)).not.toThrow();
    expect(() => checkSecrets({ ...inPods, cluster: undefined } as unknown as typeof inPods, {}, kubernetes)).toThrow('MY_KEY');
  });

  it('give the values to redact, each once', () => {
    expect(collectSecrets(spec, { MY_KEY: 'nvapi-1', OTHER_KEY: 'nvapi-1' })).toEqual(['nvapi-1']);
    expect(collectSecrets(spec, { OTHER_KEY: 'nvapi-2\n' })).toEqual(['nvapi-2']);
    expect(collectSecrets(spec, {})).toEqual([]);
  });
});

describe('secrets', () => {
  it.each(['NVIDIA_API_KEY', 'HF_TOKEN', 'api-key', 'apikey', 'key', 'password', 'DB_PASSWD', 'x-amz-signature', 'Authorization'])(
    '%s is the name of one',
    (name) => {
      expect(isSecretName(name)).toBe(true);
    },
  );

  it.each(['MODEL', 'KEYBOARD', 'max_tokens', 'HOST', 'monkey', 'KEY_FILE'])('%s is not', (name) => {
    expect(isSecretName(name)).toBe(false);
  });

  it('are told from ordinary values by their looks', () => {
    expect(['nvapi-abc', 'sk-abc', 'hf_abc', 'Bearer abc', 'AbCdEfGhIjKlMnOpQrStUvWx0123'].map(looksLikeSecret)).toEqual(
      Array(5).fill(true),
    );
    expect(['chat_completion', 'org/model-70b', 'MY_VARIABLE_WITH_A_LONG_NAME_2', './results', '0.7'].map(looksLikeSecret)).toEqual(
      Array(5).fill(false),
    );
  });
});
