import { describe, expect, it } from 'vitest';
import { loadEvalConfig, parseEvalConfig } from '../../../src/config/load.js';
import { errorOf, yaml } from './helpers.js';

const problemsOf = (...lines: readonly string[]) => errorOf(() => parseEvalConfig(yaml(...lines), 'eval.yaml'));

describe('a config file that is fine', () => {
  it('keeps what was written, fills in nothing and knows where each value is', () => {
    const file = parseEvalConfig(
      yaml(
        'services:',
        '  nemotron:',
        '    url: https://host/v1',
        '    api_key: ${NVIDIA_API_KEY}',
        'benchmarks:',
        '  - name: gsm8k',
        '    repeats: 4',
      ),
      'dir/eval.yaml',
    );
    expect(file.config).toEqual({
      services: { nemotron: { url: 'https://host/v1', api_key: '${NVIDIA_API_KEY}' } },
      benchmarks: [{ name: 'gsm8k', repeats: 4 }],
    });
    expect(file.positionOf(['benchmarks', 0, 'repeats'])).toEqual({ file: 'dir/eval.yaml', line: 7, column: 14 });
    expect(file.positionOf(['services', 'nemotron', 'model'])).toEqual({ file: 'dir/eval.yaml', line: 2, column: 3 });
  });

  it('may share settings by anchors and merge keys, and finds a merged value by its mapping', () => {
    const file = parseEvalConfig(
      yaml('services:', '  a: &a', '    url: https://host/v1', '    concurrency: 8', '  b:', '    <<: *a', '    model: m'),
      'eval.yaml',
    );
    expect(file.config.services?.['b']).toEqual({ url: 'https://host/v1', concurrency: 8, model: 'm' });
    expect(file.positionOf(['services', 'b', 'concurrency'])).toEqual({ file: 'eval.yaml', line: 5, column: 3 });
  });
});

describe('a wrong key', () => {
  it('is named with its place and the nearest known key', () => {
    expect(problemsOf('services:', '  nemotron:', '    modle: m')).toEqual({
      kind: 'config',
      message: 'eval.yaml:3:5: unknown key "modle" in services.nemotron (did you mean "model"?)',
    });
  });

  it("that is another tool's word for one of ours is told ours", () => {
    expect(problemsOf('services:', '  nemotron:', '    max_concurrent: 4').message).toBe(
      'eval.yaml:3:5: unknown key "max_concurrent" in services.nemotron (did you mean "concurrency"?)',
    );
  });

  it('that belongs one mapping deeper is told where', () => {
    expect(problemsOf('services:', '  nemotron:', '    temperature: 0').message).toBe(
      'eval.yaml:3:5: unknown key "temperature" in services.nemotron (did you mean "generation.temperature"?)',
    );
  });

  it('that resembles none is told all that are known', () => {
    expect(problemsOf('benchmarks:', '  - name: gsm8k', '    zzzzzzzz: 1').message).toBe(
      'eval.yaml:3:5: unknown key "zzzzzzzz" in benchmarks[0]; known here: name, repeats, max_problems, system_prompt, solver, generation, params, metrics, sandbox, harness',
    );
  });
});

describe('a wrong value', () => {
  it.each([
    ['concurrency: many', 'eval.yaml:3:18: services.s.concurrency must be an integer from 1 to 10000, got "many"', undefined],
    ['concurrency: 1.5', 'eval.yaml:3:18: services.s.concurrency must be an integer from 1 to 10000, got 1.5', undefined],
    ['request_timeout: 0', 'eval.yaml:3:22: services.s.request_timeout must be a number above 0, at most 86400, got 0', undefined],
    ['max_retries: .inf', 'eval.yaml:3:18: services.s.max_retries must be an integer from 0 to 100, got Infinity', undefined],
    ['generation: {temperature: 3}', 'eval.yaml:3:31: services.s.generation.temperature must be a number from 0 to 2, got 3', undefined],
    ['generation: {stop: 5}', 'eval.yaml:3:24: services.s.generation.stop must be text or a list of texts, got 5', undefined],
    ['generation: {stop: []}', 'eval.yaml:3:18: services.s.generation.stop is an empty list', undefined],
    ['generation:', 'eval.yaml:3:5: services.s.generation must be a mapping (key: value), got nothing', undefined],
    ['model: 405', 'eval.yaml:3:12: services.s.model must be text, got 405', 'Put it in quotes.'],
    ['url: ""', 'eval.yaml:3:10: services.s.url is empty', undefined],
    ['type: sglang', 'eval.yaml:3:11: services.s.type must be "api" or "vllm" or "command", got "sglang"', undefined],
    [
      'protocol: chat_completion',
      'eval.yaml:3:15: services.s.protocol must be "chat_completions" or "completions", got "chat_completion" (did you mean "chat_completions"?)',
      undefined,
    ],
    [
      'generation: {extra_body: {n: 4}}',
      'eval.yaml:3:31: services.s.generation.extra_body.n may not be set: of several answers to a call only one would be scored; use repeats',
      undefined,
    ],
    [
      'generation: {extra_body: {api_key: abc}}',
      'eval.yaml:3:31: services.s.generation.extra_body.api_key looks like a credential, and request bodies are recorded; use api_key',
      undefined,
    ],
    ['base_path: v1', 'eval.yaml:3:16: services.s.base_path must begin with "/", as in /v1, or be empty, got "v1"', undefined],
    ['generation: {extra_body: {top_k: .nan}}', 'eval.yaml:3:31: services.s.generation.extra_body.top_k is not a JSON value', undefined],
  ])('%s', (line, message, hint) => {
    expect(problemsOf('services:', '  s:', `    ${line}`)).toEqual({ kind: 'config', message, ...(hint && { hint }) });
  });

  it('of a cluster says which there are, and how a time is written', () => {
    expect(problemsOf('cluster:', '  type: slrum', '  workdir: /w').message).toBe(
      'eval.yaml:2:9: cluster.type must be "slurm" or "kubernetes", got "slrum" (did you mean "slurm"?)',
    );
    const slurm = problemsOf('cluster:', '  type: slurm', '  walltime: 4h', '  workdir: /w', '  node_pools: {a: {}}').message;
    expect(slurm).toBe(
      'eval.yaml:3:13: cluster.walltime must be minutes ("240"), hours:minutes:seconds ("04:00:00") or days-hours ("1-12"), as Slurm writes times, got "4h"',
    );
  });

  it('in a list of benchmarks says how an entry is written', () => {
    expect(problemsOf('benchmarks:', '  - gsm8k')).toEqual({
      kind: 'config',
      message: 'eval.yaml:2:5: benchmarks[0] must be a mapping (key: value), got "gsm8k"',
      hint: 'Write "- name: gsm8k".',
    });
    expect(problemsOf('benchmarks:', '  - repeats: 2').message).toBe('eval.yaml:2:5: benchmarks[0].name is missing');
  });

  it('of max_error_rate above 1 is told that it is a share', () => {
    expect(problemsOf('max_error_rate: 5').message).toBe('eval.yaml:1:17: max_error_rate must be a number from 0 to 1, got 5');
  });

  it('as the name of a service is refused', () => {
    expect(problemsOf('services:', '  "a b": {}').message).toBe(
      'eval.yaml:2:3: services.a b: a service\'s name is made of letters, digits, "_", "-" and "." and starts with a letter or digit',
    );
  });
});

describe('several problems', () => {
  it('come as one list in the order of the lines', () => {
    expect(problemsOf('services:', '  s:', '    modle: m', '    concurrency: many', 'benchmarks: []', 'outptu: {}')).toEqual({
      kind: 'config',
      message: [
        '4 problems:',
        '  eval.yaml:3:5: unknown key "modle" in services.s (did you mean "model"?)',
        '  eval.yaml:4:18: services.s.concurrency must be an integer from 1 to 10000, got "many"',
        '  eval.yaml:5:1: benchmarks is an empty list',
        '  eval.yaml:6:1: unknown key "outptu" in the config (did you mean "output"?)',
      ].join('\n'),
    });
  });

  it('are shown up to ten, the rest counted', () => {
    const lines = problemsOf('benchmarks:', ...Array.from({ length: 13 }, () => '  - repeats: 1')).message.split('\n');
    expect(lines).toHaveLength(12);
    expect(lines[0]).toBe('13 problems:');
    expect(lines.at(-1)).toBe('  and 3 more');
  });
});

describe('text that is not YAML', () => {
  it.each([
    [
      'a tab as indentation',
      ['services:', '\tnemotron: {}'],
      'eval.yaml:2:1: a tab is used to indent, which YAML does not allow',
      'Indent with spaces.',
    ],
    [
      'an indentation that does not fit',
      ['services:', '  s:', '    url: http://h', '   model: m'],
      'eval.yaml:4:1: the indentation does not fit the lines above',
      'Keys of one mapping start in one column; a bracket or quote opened above has to be closed.',
    ],
    [
      'a missing colon',
      ['services:', '  s:', '    url http://h', '    model: m'],
      'eval.yaml:3:5: text where "key: value" was expected',
      'Is a colon missing, or the space behind it?',
    ],
    [
      'a second colon',
      ['benchmarks:', '  - name: gsm8k', '    system_prompt: Note: think'],
      'eval.yaml:3:20: a second ": " on one line',
      'Put a value that contains ": " in quotes, or start a new line.',
    ],
    [
      'a variable in braces without quotes',
      ['services:', '  s: {url: http://h/v1, api_key: ${KEY}}', 'benchmarks: []'],
      'eval.yaml:2:35: something is left over or does not belong here',
      'Inside {…} and […] write "${NAME}" in quotes.',
    ],
    [
      'an open quote',
      ['output:', '  dir: "a'],
      'eval.yaml:3:1: a quote, bracket, comma, colon or space is missing here or before',
      'Put text with special characters in quotes.',
    ],
    [
      'an alias of nothing',
      ['output: *o'],
      'eval.yaml:1:9: an alias (*name) without an anchor (&name) before it',
      'Put text that starts with * in quotes.',
    ],
    [
      'a second document',
      ['output: {}', '---', 'services: {}'],
      'eval.yaml:2:1: a second document (---) starts here',
      'One file holds one config.',
    ],
    [
      'a key given twice',
      ['output:', '  dir: a', '  dir: b'],
      'eval.yaml:3:3: output.dir is given twice, first in line 2',
      'Keep one of them.',
    ],
  ])('%s is told where it is and what to do', (_, lines, message, hint) => {
    expect(problemsOf(...lines)).toEqual({ kind: 'config', message, hint });
  });

  it('is never quoted in the error, as it may hold a key', () => {
    const { message, hint } = problemsOf('services:', '  s:', '    api_key: "nvapi-s3cret', '    url: x');
    expect(`${message} ${hint}`).not.toContain('s3cret');
  });

  it('may not expand aliases without end', () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (const [name, before] of ['ba', 'cb', 'dc', 'ed', 'fe'])
      lines.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`);
    expect(problemsOf(...lines).message).toBe('eval.yaml: aliases (*name) refer to each other too often');
  });
});

describe('an API key in the file', () => {
  const message = 'eval.yaml:3:14: services.s.api_key must be written ${NAME}, with the name of an environment variable';
  const hint =
    'A key itself does not belong in a file: export NAME=… in your shell and write api_key: ${NAME}; leave api_key out where no key is needed.';

  it.each(['nvapi-s3cret', '"1234567"', '1234567', '${KEY:-s3cret}', 'Bearer ${KEY}', '[s3cret]', '{value: s3cret}', '""'])(
    'is refused with the way out, and not repeated: %s',
    (written) => {
      const at = written.startsWith('[') || written.startsWith('{') ? message.replace(':14:', ':5:') : message;
      expect(problemsOf('services:', '  s:', `    api_key: ${written}`)).toEqual({ kind: 'config', message: at, hint });
    },
  );

  it('is not repeated when it stands where another value belongs', () => {
    expect(problemsOf('services:', '  s:', '    concurrency: nvapi-s3cret').message).toBe(
      'eval.yaml:3:18: services.s.concurrency must be an integer from 1 to 10000, got a text that looks like a credential',
    );
  });
});

describe('a file that cannot be used', () => {
  it('does not exist', () => {
    expect(errorOf(() => loadEvalConfig('/nonexistent/eval.yaml'))).toEqual({
      kind: 'config',
      message: '/nonexistent/eval.yaml: no such file',
      hint: 'Give the path of a YAML config file.',
    });
  });

  it('is a folder', () => {
    expect(errorOf(() => loadEvalConfig(import.meta.dirname)).message).toBe(`${import.meta.dirname}: is a folder, not a config file`);
  });

  it('is empty', () => {
    expect(errorOf(() => parseEvalConfig('# nothing\n', 'eval.yaml'))).toEqual({
      kind: 'config',
      message: 'eval.yaml: the file is empty',
      hint: 'A config names services and benchmarks.',
    });
  });

  it('is not a mapping', () => {
    expect(problemsOf('[]').message).toBe('eval.yaml:1:1: the config must be a mapping (key: value), got a list');
  });
});
