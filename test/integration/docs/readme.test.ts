/** README and guides as a reader uses them: the commands run, what they promise is printed, the links lead somewhere, the examples load. */

import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogueNames } from '../../../src/core/vlm/catalogue.js';
import { kindOf } from '../../../src/core/vlm/kinds.js';
import { type PracticeEndpoint, startPracticeEndpoint } from '../../../src/practice/endpoint.js';
import { missingFor } from '../sandbox/lab.js';
import { allPages, anchorsOf, linksOf, promisedLineThatIsMissing, ROOT, readPage, type Step, stepsOf } from './pages.js';

const noSandbox = await missingFor('bubblewrap');
const NEL = path.join(ROOT, 'dist/cli/main.js');
/** What the pages show; the test's endpoint has a port of its own. */
const SHOWN_ENDPOINT = 'http://127.0.0.1:8899/v1';
const PAGES_WITH_COMMANDS = ['README.md', ...allPages().filter((page) => page.startsWith('docs/guides/'))];

let endpoint: PracticeEndpoint;
let folder: string;

beforeAll(async () => {
  endpoint = await startPracticeEndpoint({});
  folder = mkdtempSync(path.join(os.tmpdir(), 'nel-docs-'));
  mkdirSync(path.join(folder, 'bin'));
  writeFileSync(path.join(folder, 'bin/nel'), `#!/bin/sh\nexec '${process.execPath}' '${NEL}' "$@"\n`, { mode: 0o755 });
});

afterAll(async () => {
  await endpoint.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A page's script in a shell that knows `nel`. */
function run(script: string, cwd: string, env: Record<string, string> = {}): Promise<Ran> {
  const options = { cwd, env: { ...process.env, ...env, PATH: `${path.join(folder, 'bin')}:${process.env['PATH'] ?? ''}` } };
  return new Promise((resolve) => {
    execFile('sh', ['-e', '-c', script.replaceAll(SHOWN_ENDPOINT, endpoint.url)], options, (error, stdout, stderr) => {
      resolve({ exit: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
    });
  });
}

function folderOf(name: string): string {
  return path.join(folder, name.replaceAll(/[^a-z0-9]/gi, '_'));
}

function emptyFolder(name: string): string {
  const cwd = folderOf(name);
  mkdirSync(cwd);
  cpSync(path.join(ROOT, 'examples'), path.join(cwd, 'examples'), { recursive: true });
  return cwd;
}

async function follow(page: string, steps: readonly Step[]): Promise<void> {
  const cwd = emptyFolder(page);
  let printed = '';
  for (const step of steps) {
    const where = `${page}:${step.line}`;
    if (step.kind === 'output') {
      expect(
        promisedLineThatIsMissing(step.lines, printed),
        `${where}: promised, but not printed by the commands before it:\n${printed}`,
      ).toBe(undefined);
      continue;
    }
    const { exit, stdout, stderr } = await run(step.script, cwd);
    expect(exit, `${where}: exit code of\n${step.script}\n${stdout}\n${stderr}`).toBe(step.exit);
    printed += stdout;
  }
}

describe('the commands of', () => {
  it.each(PAGES_WITH_COMMANDS.filter((page) => stepsOf(page).length > 0))(
    '%s do what the page says',
    { timeout: 180_000 },
    async (page) => {
      await follow(page, stepsOf(page));
    },
  );

  it('README and the guides of runs and decisions are among those that are run', () => {
    const run = PAGES_WITH_COMMANDS.filter((page) => stepsOf(page).some(({ kind }) => kind === 'run'));
    expect(run).toEqual(
      expect.arrayContaining(['README.md', 'docs/guides/compare.md', 'docs/guides/first-run.md', 'docs/guides/gate-a-release.md']),
    );
  });
});

describe('docs/guides/artifacts.md', () => {
  it('names every key of the files that README and the gate guide left', () => {
    const guide = readPage('docs/guides/artifacts.md').join('\n');
    const written = path.join(folderOf('README.md'), 'results/large/practice_facts');
    const bundle = readdirSync(written).find((name) => name.startsWith('eval-')) as string;
    const firstLine = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8').split('\n')[0] as string);
    const whole = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
    const documents = [
      firstLine(path.join(written, 'results.jsonl')),
      firstLine(path.join(written, 'trajectories.jsonl')),
      ...[bundle, 'runtime_stats.json', 'failure_analysis.json'].map((name) => whole(path.join(written, name))),
      whole(path.join(folderOf('README.md'), 'results/regression.json')),
      whole(path.join(folderOf('docs/guides/gate-a-release.md'), 'gate.json')),
    ];
    const keys = [...new Set(documents.flatMap(keysOf))];
    expect(keys.length).toBeGreaterThan(100);
    expect(keys.filter((key) => !new RegExp(`\`[^\`\n]*\\b${key}\\b[^\`\n]*\``).test(guide))).toEqual([]);
  });
});

/** Keys whose values are objects by a name of the user's or the endpoint's, or belong to other pages. */
const OPEN = new Set([
  'config',
  'scores',
  'categories',
  'failures',
  'finish_reason_counts',
  'score_deltas',
  'category_deltas',
  'runtime_deltas',
]);
const FOREIGN = new Set(['messages', 'metadata', 'seed_metadata', 'scoring_details', 'config']);

function keysOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.slice(0, 1).flatMap(keysOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (FOREIGN.has(key) || inner === null) return [key];
    return [key, ...(OPEN.has(key) ? Object.values(inner as object).flatMap(keysOf) : keysOf(inner))];
  });
}

describe('docs/guides/vlmevalkit.md', () => {
  const guide = readPage('docs/guides/vlmevalkit.md').join('\n');
  const isRead = (name: string): boolean => typeof kindOf(name) === 'object';

  it('names every data set that is read, once, and none that is not', () => {
    const table = guide.slice(guide.indexOf('## Data sets by name'), guide.indexOf('The file is looked for'));
    const cells = table.split('\n').filter((line) => line.startsWith('| ') && line.includes('`'));
    const named = cells.flatMap((line) => [...(line.split(' | ')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string));
    expect(named.sort()).toEqual(catalogueNames().filter(isRead).sort());
  });

  it('gives names of data sets as examples of what is refused that are known and refused', () => {
    const names = [...guide.slice(guide.indexOf('## What is refused')).matchAll(/`([A-Z][\w-]+)`/g)].map(([, name]) => name as string);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !catalogueNames().includes(name) || isRead(name))).toEqual([]);
  });
});

describe('promised output', () => {
  it('is found line by line in order, with … for anything', () => {
    expect(promisedLineThatIsMissing(['a (1)', 'b … d'], 'x\na (1)\ny\nb c d\n')).toBe(undefined);
    expect(promisedLineThatIsMissing(['b', 'a'], 'a\nb\n')).toBe('a');
    expect(promisedLineThatIsMissing(['a.'], 'ab\n')).toBe('a.');
  });
});

describe('links', () => {
  it.each(allPages())('of %s lead to files and headings that exist', (page) => {
    const broken = linksOf(page)
      .filter(({ target }) => !/^[a-z]+:/.test(target))
      .filter(({ target }) => {
        const [file = '', anchor] = target.split('#');
        const linked = file === '' ? page : path.join(path.dirname(page), file);
        if (!existsSync(path.join(ROOT, linked))) return true;
        return anchor !== undefined && statSync(path.join(ROOT, linked)).isFile() && !anchorsOf(linked).includes(anchor);
      });
    expect(broken).toEqual([]);
  });
});

describe('the examples', () => {
  const files = (kind: string, ending: string): string[] =>
    readdirSync(path.join(ROOT, 'examples', kind)).filter((name) => name.endsWith(ending));
  let cwd: string;
  let data: string;

  beforeAll(() => {
    cwd = emptyFolder('the examples');
    data = path.join(cwd, 'data');
    cpSync(path.join(ROOT, 'test/golden/datasets'), data, { recursive: true });
    // Three examples a subject, where the real set has five.
    const dev = path.join(data, 'mmlu/dev.jsonl');
    writeFileSync(dev, readFileSync(dev, 'utf8').repeat(2));
  });

  it.each(files('configs', '.yaml'))('config %s loads and plans its benchmarks', async (name) => {
    const env = { NEL_DATA_DIR: data, MODEL: 'org/model', NVIDIA_API_KEY: 'none' };
    const { exit, stdout, stderr } = await run(`nel eval run examples/configs/${name} --dry-run`, cwd, env);
    expect(exit, stderr).toBe(0);
    const { benchmarks } = JSON.parse(stdout) as { benchmarks: { name: string; n_problems: number }[] };
    expect(benchmarks.length).toBeGreaterThan(0);
    for (const benchmark of benchmarks) expect(benchmark.n_problems).toBeGreaterThan(0);
  });

  for (const name of files('benchmarks', '.ts')) {
    const skipped = readPage(`examples/benchmarks/${name}`).join('\n').includes('codeExecution') ? noSandbox : '';
    it.skipIf(skipped !== '')(`benchmark ${name} loads, and its prompts, targets and scorer work together${skipped}`, async () => {
      const file = `./examples/benchmarks/${name}`;
      const dryRun = await run(`nel eval run --bench ${file} --model-url ${SHOWN_ENDPOINT} --model-id m --dry-run`, cwd);
      expect(dryRun.exit, dryRun.stderr).toBe(0);
      const { exit, stdout, stderr } = await run(`nel validate -b ${file} --samples 3`, cwd);
      expect(exit, stderr).toBe(0);
      expect(stdout).toContain('3 of 3 samples scored; mean reward 1.0000;');
    });
  }

  it.each(files('policies', '.yaml'))('policy %s loads', async (name) => {
    const { exit, stdout, stderr } = await run(`nel gate --policy examples/policies/${name} --explain-policy`, cwd);
    expect(exit, stderr).toBe(0);
    expect(stdout).toContain('critical (blocks');
  });
});
