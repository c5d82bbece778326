import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunFlags } from '../../../src/config/flags.js';
import { parseEvalConfig } from '../../../src/config/load.js';
import { type ResolvedRun, resolveRunSpec } from '../../../src/config/resolve.js';
import { errorOf, yaml } from './helpers.js';

type Env = Readonly<Record<string, string>>;

function resolve(input: { file?: string; flags?: RunFlags; env?: Env; cwd?: string; name?: string }): ResolvedRun {
  const file = input.file === undefined ? undefined : parseEvalConfig(input.file, input.name ?? 'eval.yaml');
  return resolveRunSpec({ file, flags: input.flags ?? {}, env: input.env ?? {}, cwd: input.cwd ?? '/work' });
}

const ONE = yaml(
  'services:',
  '  nemotron:',
  '    url: https://host/v1/chat/completions',
  '    model: org/model',
  '    api_key: ${NVIDIA_API_KEY}',
  '    generation: {temperature: 0.0, stop: END}',
  'benchmarks:',
  '  - name: gsm8k',
  '    repeats: 4',
  '    generation: {temperature: 0.5, max_tokens: 100}',
  'output: {dir: ./out}',
);

const TWO = yaml(
  'services:',
  '  left: {url: "http://localhost:1/v1", model: l}',
  '  right: {url: "http://localhost:2/v1", model: r}',
  'benchmarks:',
  '  - name: gsm8k',
  '    solver: {service: left}',
  '  - name: mmlu_pro',
  '    solver: {service: right}',
);

describe('a run without flags', () => {
  it('is the file with its defaults filled in, frozen in depth', () => {
    const { spec, notes } = resolve({ file: ONE });
    expect(spec).toEqual({
      services: {
        nemotron: {
          type: 'api',
          url: 'https://host/v1',
          protocol: 'chat_completions',
          model: 'org/model',
          api_key_env: 'NVIDIA_API_KEY',
          generation: { temperature: 0, stop: ['END'] },
          concurrency: 64,
          request_timeout: 600,
          max_retries: 8,
        },
      },
      benchmarks: [
        {
          ref: 'gsm8k',
          repeats: 4,
          max_problems: null,
          system_prompt: null,
          solver: { type: 'simple', service: 'nemotron' },
          generation: { temperature: 0.5, max_tokens: 100 },
          params: {},
          metrics: [],
          sandbox: { type: null, limits: {}, image: null },
        },
      ],
      output: { dir: '/work/out' },
      max_error_rate: 0.01,
    });
    expect(notes).toEqual([]);
    expect(Object.isFrozen(spec.services['nemotron']?.generation.stop)).toBe(true);
    expect(Object.isFrozen(spec.benchmarks[0]?.solver)).toBe(true);
  });
});

describe('a run without a file', () => {
  it('has one service named model, from flags', () => {
    const { spec, notes } = resolve({
      flags: {
        bench: ['gsm8k'],
        modelUrl: 'http://localhost:8000/v1/completions',
        modelId: 'm',
        temperature: 0.7,
        topP: 0.9,
        seed: 3,
        maxTokens: 9,
        systemPrompt: 'Think.',
        outputDir: 'o',
        concurrency: 2,
        requestTimeout: 1.5,
        maxRetries: 0,
        maxErrorRate: 0,
        repeats: 2,
        maxProblems: 5,
      },
    });
    expect(spec).toEqual({
      services: {
        model: {
          type: 'api',
          url: 'http://localhost:8000/v1',
          protocol: 'completions',
          model: 'm',
          api_key_env: null,
          generation: { temperature: 0.7, top_p: 0.9, max_tokens: 9, seed: 3 },
          concurrency: 2,
          request_timeout: 1.5,
          max_retries: 0,
        },
      },
      benchmarks: [
        {
          ref: 'gsm8k',
          repeats: 2,
          max_problems: 5,
          system_prompt: 'Think.',
          solver: { type: 'simple', service: 'model' },
          generation: {},
          params: {},
          metrics: [],
          sandbox: { type: null, limits: {}, image: null },
        },
      ],
      output: { dir: '/work/o' },
      max_error_rate: 0,
    });
    expect(notes).toEqual([]);
  });

  it('takes url, model and key variable from the environment, and says so', () => {
    const env = { NEMO_MODEL_URL: 'https://host/v1', NEMO_MODEL_ID: 'm', NEMO_API_KEY: 'a', NVIDIA_API_KEY: 'b' };
    const { spec, notes } = resolve({ flags: { bench: ['gsm8k'] }, env });
    expect(spec.services['model']).toMatchObject({ url: 'https://host/v1', model: 'm', api_key_env: 'NEMO_API_KEY' });
    expect(notes).toEqual([
      'services.model.url is taken from NEMO_MODEL_URL',
      'services.model.model is taken from NEMO_MODEL_ID',
      'services.model is asked with the key in NEMO_API_KEY',
    ]);
    expect(resolve({ flags: { bench: ['gsm8k'] }, env: { ...env, NEMO_API_KEY: '' } }).spec.services['model']?.api_key_env).toBe(
      'NVIDIA_API_KEY',
    );
    expect(resolve({ flags: { bench: ['gsm8k'], apiKeyEnv: 'MINE' }, env }).spec.services['model']?.api_key_env).toBe('MINE');
  });

  it('says all that is missing at once', () => {
    expect(errorOf(() => resolve({}))).toEqual({
      kind: 'usage',
      message: 'no benchmark is named',
      hint: 'Give --bench NAME (`nel list benchmarks` shows them), or a config file with benchmarks.',
    });
    expect(errorOf(() => resolve({ flags: { bench: ['gsm8k'] } }))).toEqual({
      kind: 'usage',
      message: [
        '2 problems:',
        "  the model endpoint's address is missing. Give --model-url, or set NEMO_MODEL_URL.",
        "  the model's name is missing. Give --model-id, or set NEMO_MODEL_ID.",
      ].join('\n'),
    });
  });
});

describe('what wins', () => {
  it('is the flag over the file, with a note that names the line of each value that changed', () => {
    const { spec, notes } = resolve({
      file: ONE,
      flags: {
        temperature: 0.7,
        modelUrl: 'http://localhost:1/v1',
        modelId: 'other',
        apiKeyEnv: 'MINE',
        repeats: 1,
        outputDir: 'mine',
        concurrency: 8,
        maxTokens: 50,
      },
    });
    expect(notes).toEqual([
      '--repeats 1 overrides benchmarks[0].repeats 4 (eval.yaml:9)',
      '--temperature 0.7 overrides benchmarks[0].generation.temperature 0.5 (eval.yaml:10)',
      '--max-tokens 50 overrides benchmarks[0].generation.max_tokens 100 (eval.yaml:10)',
      '--model-url http://localhost:1/v1 overrides services.nemotron.url https://host/v1/chat/completions (eval.yaml:3)',
      '--model-id other overrides services.nemotron.model org/model (eval.yaml:4)',
      '--temperature 0.7 overrides services.nemotron.generation.temperature 0 (eval.yaml:6)',
      '--api-key-env MINE overrides services.nemotron.api_key ${NVIDIA_API_KEY} (eval.yaml:5)',
      '--output-dir mine overrides output.dir ./out (eval.yaml:11)',
    ]);
    expect(spec.services['nemotron']).toMatchObject({
      url: 'http://localhost:1/v1',
      model: 'other',
      api_key_env: 'MINE',
      concurrency: 8,
      generation: { temperature: 0.7, max_tokens: 50, stop: ['END'] },
    });
    expect(spec.benchmarks[0]?.repeats).toBe(1);
    expect(spec.benchmarks[0]?.generation).toEqual({});
    expect(spec.output.dir).toBe('/work/mine');
  });

  it('is not noted when flag and file say the same', () => {
    expect(resolve({ file: ONE, flags: { repeats: 4, modelId: 'org/model', apiKeyEnv: 'NVIDIA_API_KEY' } }).notes).toEqual([]);
  });

  it('is shown without the credentials of an address that a flag replaces', () => {
    const file = ONE.replace('https://host', 'https://me:s3cret@host');
    expect(resolve({ file, flags: { modelUrl: 'http://localhost:1/v1' } }).notes).toEqual([
      '--model-url http://localhost:1/v1 overrides services.nemotron.url https://…@host/v1/chat/completions (eval.yaml:3)',
    ]);
  });

  it('is the file over the environment, which fills what neither gives', () => {
    const env = { NEMO_MODEL_URL: 'http://localhost:9/v1', NEMO_MODEL_ID: 'env-model' };
    expect(resolve({ file: ONE, env }).spec.services['nemotron']).toMatchObject({ url: 'https://host/v1', model: 'org/model' });
    const file = yaml('services:', '  s: {model: m}', 'benchmarks: [{name: gsm8k}]');
    const { spec, notes } = resolve({ file, env });
    expect(spec.services['s']).toMatchObject({ url: 'http://localhost:9/v1', model: 'm' });
    expect(notes).toEqual(['services.s.url is taken from NEMO_MODEL_URL']);
  });

  it('is a benchmark of a file without services: the service is named model', () => {
    const { spec } = resolve({ file: 'benchmarks: [{name: gsm8k}]\n', flags: { modelUrl: 'http://localhost:1/v1', modelId: 'm' } });
    expect(Object.keys(spec.services)).toEqual(['model']);
  });

  it("does not send the environment's key to an address of a file that asks for none", () => {
    const file = yaml('services:', '  s: {url: "https://host/v1", model: m}', 'benchmarks: [{name: gsm8k}]');
    const { spec, notes } = resolve({ file, env: { NVIDIA_API_KEY: 'k' } });
    expect(spec.services['s']?.api_key_env).toBeNull();
    expect(notes).toEqual(['services.s is asked without a key: NVIDIA_API_KEY is set, but the file has no api_key: ${NVIDIA_API_KEY}']);
  });

  it('leaves out a key that may be missing and is', () => {
    const file = ONE.replace('${NVIDIA_API_KEY}', '${NVIDIA_API_KEY:-}');
    expect(resolve({ file }).spec.services['nemotron']?.api_key_env).toBeNull();
    expect(resolve({ file, env: { NVIDIA_API_KEY: 'k' } }).spec.services['nemotron']?.api_key_env).toBe('NVIDIA_API_KEY');
  });
});

describe('a flag with a wrong value', () => {
  it('is held to the ranges of the file', () => {
    expect(errorOf(() => resolve({ file: ONE, flags: { temperature: 9, repeats: 0, outputDir: '' } }))).toEqual({
      kind: 'usage',
      message: [
        '3 problems:',
        '  --repeats must be an integer from 1 to 10000, got 0',
        '  --output-dir is empty',
        '  --temperature must be a number from 0 to 2, got 9',
      ].join('\n'),
    });
  });

  it("is not repeated where it is a key in place of a variable's name", () => {
    for (const apiKeyEnv of ['nvapi-s3cret', 'hf_s3cret', 'AbCdEfGhIjKlMnOpQrStUvWx0123']) {
      expect(errorOf(() => resolve({ file: ONE, flags: { apiKeyEnv } }))).toEqual({
        kind: 'usage',
        message: '--api-key-env takes the name of an environment variable, not a key',
        hint: 'Put the key into a variable (export NAME=…) and give --api-key-env NAME.',
      });
    }
  });
});

describe('protocol and address', () => {
  const file = (...lines: readonly string[]) =>
    yaml('services:', '  s:', '    model: m', ...lines.map((line) => `    ${line}`), 'benchmarks: [{name: gsm8k}]');

  it('have to agree', () => {
    expect(errorOf(() => resolve({ file: file('url: https://host/v1/completions', 'protocol: chat_completions') }))).toEqual({
      kind: 'config',
      message: 'eval.yaml:5:15: services.s.protocol is chat_completions, but services.s.url ends in /completions, which is completions',
      hint: 'Remove one of them, or make them agree.',
    });
    expect(
      errorOf(() => resolve({ file: file('url: https://host/v1/chat/completions'), flags: { protocol: 'completions' } })).message,
    ).toBe('eval.yaml:4:10: --protocol is completions, but services.s.url ends in /chat/completions, which is chat_completions');
  });

  it('are inferred from the address, also from one that a flag replaces by one that names none', () => {
    const text = file('url: https://host/v1/completions');
    expect(resolve({ file: text }).spec.services['s']?.protocol).toBe('completions');
    expect(resolve({ file: text, flags: { modelUrl: 'http://localhost:1/v1' } }).spec.services['s']?.protocol).toBe('completions');
    expect(resolve({ file: text, flags: { modelUrl: 'http://localhost:1/v1/chat/completions' } }).spec.services['s']?.protocol).toBe(
      'chat_completions',
    );
  });

  it('are refused with credentials, which are not repeated', () => {
    expect(errorOf(() => resolve({ file: file('url: https://me:s3cret@host/v1') }))).toEqual({
      kind: 'config',
      message: 'eval.yaml:4:10: services.s.url holds a user name or password',
      hint: 'Remove it: addresses are recorded. Put the key into a variable and write api_key: ${NAME}, or give --api-key-env NAME.',
    });
    expect(errorOf(() => resolve({ flags: { bench: ['gsm8k'], modelId: 'm', modelUrl: 'https://host/v1?key=s3cret' } })).message).toBe(
      '--model-url holds a credential in its query',
    );
  });

  it('are told to be missing with the place where the file should have them', () => {
    expect(errorOf(() => resolve({ file: file('concurrency: 3') }))).toEqual({
      kind: 'config',
      message: 'eval.yaml:2:3: services.s.url is missing',
      hint: 'Write url: there, give --model-url, or set NEMO_MODEL_URL.',
    });
  });
});

describe("a benchmark's service", () => {
  it('has to exist', () => {
    expect(errorOf(() => resolve({ file: TWO.replace('service: left', 'service: lfet') }))).toEqual({
      kind: 'config',
      message: 'eval.yaml:6:23: benchmarks[0].solver.service names an unknown service "lfet" (did you mean "left"?)',
      hint: 'Services here: left, right.',
    });
  });

  it('has to be named where there are several', () => {
    expect(errorOf(() => resolve({ file: TWO.replace('    solver: {service: left}\n', '') }))).toEqual({
      kind: 'config',
      message: 'eval.yaml:5:11: benchmarks[0] names no service and there are left, right',
      hint: 'Add solver: {service: NAME}.',
    });
    expect(errorOf(() => resolve({ file: TWO, flags: { bench: ['hle'] } }))).toEqual({
      kind: 'usage',
      message: 'which service a benchmark of --bench asks is not clear: eval.yaml has left, right',
      hint: 'Add it to the file with solver: {service: NAME}.',
    });
  });

  it('cannot be changed by a flag for one endpoint when two are asked', () => {
    expect(errorOf(() => resolve({ file: TWO, flags: { modelUrl: 'http://localhost:3/v1', modelId: 'm' } }))).toEqual({
      kind: 'usage',
      message: '--model-url, --model-id can change one service, but this run asks 2 (left, right)',
      hint: 'Change the file, or choose the benchmarks of one service with --bench.',
    });
  });

  it('is the only one of the run when others are not asked', () => {
    const { spec, notes } = resolve({ file: TWO, flags: { bench: ['mmlu_pro'], modelId: 'm' } });
    expect(Object.keys(spec.services)).toEqual(['right']);
    expect(notes).toEqual([
      '--bench leaves out gsm8k of eval.yaml',
      '--model-id m overrides services.right.model r (eval.yaml:3)',
      'no benchmark of this run asks services.left',
    ]);
  });
});

describe('--bench', () => {
  it('adds a benchmark that the file does not have, and says which', () => {
    const { spec, notes } = resolve({ file: ONE, flags: { bench: ['gms8k', 'gsm8k'] } });
    expect(spec.benchmarks.map(({ ref, repeats }) => ({ ref, repeats }))).toEqual([
      { ref: 'gms8k', repeats: 1 },
      { ref: 'gsm8k', repeats: 4 },
    ]);
    expect(notes).toEqual(['--bench gms8k adds a benchmark that eval.yaml does not have (did you mean "gsm8k"?)']);
  });

  it('may not name one twice', () => {
    expect(errorOf(() => resolve({ file: ONE, flags: { bench: ['gsm8k', 'gsm8k'] } })).message).toBe('--bench gsm8k is given twice');
  });
});

describe('benchmarks of a file', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(path.join(os.tmpdir(), 'nel-config-'));
    for (const file of ['conf/near.ts', 'conf/both.ts', 'cwd/both.ts', 'cwd/far.ts']) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      writeFileSync(path.join(root, file), '');
    }
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const run = (names: readonly string[], flags: RunFlags = {}) =>
    resolve({
      file: yaml('benchmarks:', ...names.map((name) => `  - name: ${name}`)),
      name: path.join(root, 'conf/eval.yaml'),
      flags: { modelUrl: 'http://localhost:1/v1', modelId: 'm', ...flags },
      cwd: path.join(root, 'cwd'),
    }).spec.benchmarks.map(({ ref }) => ref);

  it('that are paths are looked for beside the file first, then in the current directory', () => {
    expect(run(['./near.ts', 'both.ts', './far.ts', 'gym://host:1/x'])).toEqual([
      path.join(root, 'conf/near.ts'),
      path.join(root, 'conf/both.ts'),
      path.join(root, 'cwd/far.ts'),
      'gym://host:1/x',
    ]);
  });

  it("can be chosen by the path that the file has, or by the current directory's", () => {
    expect(run(['./near.ts', './far.ts'], { bench: ['./near.ts', '../cwd/far.ts'] })).toEqual([
      path.join(root, 'conf/near.ts'),
      path.join(root, 'cwd/far.ts'),
    ]);
  });

  it('that are nowhere are told where they were looked for', () => {
    const config = path.join(root, 'conf/eval.yaml');
    expect(errorOf(() => run(['./none.ts']))).toEqual({
      kind: 'config',
      message: `${config}:2:11: no such benchmark file: ./none.ts (looked for ${root}/conf/none.ts and ${root}/cwd/none.ts)`,
    });
    expect(errorOf(() => run(['gsm8k'], { bench: ['./near.ts'] }))).toEqual({
      kind: 'usage',
      message: `no such benchmark file: ./near.ts (looked for ${root}/cwd/near.ts)`,
    });
  });

  it('may not be listed twice, under whatever name', () => {
    expect(errorOf(() => run(['./near.ts', '../conf/near.ts']))).toEqual({
      kind: 'config',
      message: `${path.join(root, 'conf/eval.yaml')}:3:11: benchmark "../conf/near.ts" is listed twice, first in line 2`,
      hint: 'Give one entry with more repeats, or put the second into another config.',
    });
  });
});

describe('variables', () => {
  const file = (url: string, dir = './out') =>
    yaml('services:', '  s:', `    url: ${url}`, '    model: "${ORG}/m"', 'benchmarks: [{name: gsm8k}]', `output: {dir: "${dir}"}`);

  it('are expanded in url, model and output.dir, with defaults', () => {
    const { spec } = resolve({ file: file('http://${HOST:-localhost}:1/v1', '~/${ORG}'), env: { ORG: 'org', HOST: '', HOME: '/home/me' } });
    expect(spec.services['s']).toMatchObject({ url: 'http://localhost:1/v1', model: 'org/m' });
    expect(spec.output.dir).toBe('/home/me/org');
  });

  it('that are not set are an error that names variable, file and line', () => {
    expect(errorOf(() => resolve({ file: file('http://${HOST}/v1'), env: { HOTS: 'h', ORG: 'o' } })).message).toBe(
      'eval.yaml:3:10: services.s.url needs the environment variable HOST, which is not set (did you mean "HOTS"?)',
    );
    expect(errorOf(() => resolve({ file: file('http://h/v1', '${OUT:-}'), env: { ORG: 'o' } })).message).toBe(
      'eval.yaml:6:15: output.dir is empty once its variables are filled in',
    );
  });

  it('in other forms are refused', () => {
    expect(errorOf(() => resolve({ file: file('http://${HOST:?no host}/v1'), env: { ORG: 'o' } }))).toEqual({
      kind: 'config',
      message: 'eval.yaml:3:10: services.s.url has "${HOST:?no host}"',
      hint: 'Only ${NAME} and ${NAME:-default} are known.',
    });
  });

  it('that hold a credential are refused outside of api_key', () => {
    expect(errorOf(() => resolve({ file: file('http://h/${NVIDIA_API_KEY}/v1'), env: { ORG: 'o', NVIDIA_API_KEY: 's3cret' } }))).toEqual({
      kind: 'config',
      message: 'eval.yaml:3:10: services.s.url names NVIDIA_API_KEY, which looks like a credential, and this value is recorded',
      hint: 'Only api_key may name such a variable.',
    });
  });
});

describe('how problems are solved and scored', () => {
  const services = 'services: {m: {url: "http://h/v1", model: a}, j: {url: "http://j/v1", model: b}}';
  const benchmark = (...lines: string[]) =>
    resolve({ file: [services, 'benchmarks:', '  - name: gsm8k', ...lines.map((line) => `    ${line}`)].join('\n') });

  it('keeps parameters, with those of --param on top', () => {
    const { spec } = resolve({
      file: 'benchmarks: [{name: gsm8k, solver: {type: oracle}, params: {shots: 2, cot: true}}]',
      flags: { param: ['shots=5', 'language=de'] },
    });
    expect(spec.benchmarks[0]?.params).toEqual({ shots: 5, cot: true, language: 'de' });
  });

  it('asks no service for an oracle or a replay', () => {
    const { spec } = resolve({ flags: { bench: ['gsm8k'], replay: 'answers.jsonl' } });
    expect(spec.services).toEqual({});
    expect(spec.benchmarks[0]?.solver).toEqual({ type: 'replay', service: null, file: '/work/answers.jsonl', key: 'auto' });
    expect(resolve({ flags: { bench: ['gsm8k'], solver: 'oracle' } }).spec.benchmarks[0]?.solver).toEqual({
      type: 'oracle',
      service: null,
    });
  });

  it('keeps the services of judges, with defaults filled in', () => {
    const { spec } = benchmark('solver: {service: m}', 'metrics: [{type: judge, service: j, rubric: Kind?}, {type: regex, pattern: x}]');
    expect(Object.keys(spec.services)).toEqual(['m', 'j']);
    expect(spec.benchmarks[0]?.metrics).toEqual([
      { type: 'judge', name: 'judge', service: 'j', rubric: 'Kind?', scale: [1, 10], repeats: 1, mode: 'grade', allow_same_model: false },
      { type: 'regex', name: 'regex', options: { pattern: 'x' } },
    ]);
  });

  it('refuses a judge whose service is not there, by line', () => {
    expect(errorOf(() => benchmark('solver: {service: m}', 'metrics: [{type: judge, service: jj}]')).message).toMatch(
      /^eval\.yaml:5:\d+: the judge asks an unknown service "jj" \(did you mean "j"\?\)/,
    );
  });

  it('refuses a judge without a service and an unknown member', () => {
    expect(errorOf(() => benchmark('solver: {service: m}', 'metrics: [{type: judge}]')).message).toContain('eval.yaml:5');
  });

  it('refuses a parameter that is not name=value', () => {
    expect(errorOf(() => resolve({ flags: { bench: ['gsm8k'], solver: 'oracle', param: ['shots'] } })).message).toBe(
      '--param "shots" is not of the form name=value',
    );
  });
});
