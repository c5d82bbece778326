/** The canary of the arrows: each rule of .dependency-cruiser.mjs finds a violation planted for it, and src/ has none. */

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { cruise, type ICruiseOptions, type ICruiseResult, type IRuleSummary } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CONFIGS = ['.dependency-cruiser.mjs', '.dependency-cruiser.runtime.mjs'];

/** A project that breaks one rule: its files, most with one line of code. `to` names the module that must not be imported, where there is one. */
interface Plant {
  readonly from: string;
  readonly to?: string;
  /** A rule that the way there breaks too. */
  readonly also?: string;
  readonly files: Readonly<Record<string, string>>;
}

/** `from` imports `to`, which exports a constant. */
function imports(from: string, to: string): Plant {
  return { from: `src/${from}`, to: `src/${to}`, files: { [`src/${from}`]: importing(from, to), [`src/${to}`]: 'export const x = 1;' } };
}

/** `from` imports a package (one that is installed in every planted project) or a module of Node's. */
function importsPackage(from: string, name: string, to: string): Plant {
  return { from: `src/${from}`, to, files: { [`src/${from}`]: `import { x } from '${name}';\nconsole.log(x);` } };
}

function importing(from: string, to: string): string {
  return `import { x } from '${relative(from, to)}';\nconsole.log(x);`;
}

function relative(from: string, to: string): string {
  const file = path.relative(path.dirname(from), to).replace(/\.ts$/, '.js');
  return file.startsWith('.') ? file : `./${file}`;
}

const PLANTED: Readonly<Record<string, Plant>> = {
  'core-arrows': imports('core/gate.ts', 'artifacts/discover.ts'),
  'config-arrows': imports('config/load.ts', 'artifacts/discover.ts'),
  'artifacts-arrows': imports('artifacts/journal.ts', 'engine/batch.ts'),
  'report-arrows': imports('report/run-text.ts', 'artifacts/read-bundle.ts'),
  'engine-arrows': imports('engine/batch.ts', 'adapters/models/openai.ts'),
  'adapters-arrows': imports('adapters/models/openai.ts', 'engine/limiter.ts'),
  'benchmarks-arrows': imports('benchmarks/registry.ts', 'practice/endpoint.ts'),
  'practice-arrows': imports('practice/endpoint.ts', 'engine/limiter.ts'),
  'serve-arrows': imports('serve/app.ts', 'workers/compose.ts'),
  'api-arrows': imports('api/gate.ts', 'client/connection.ts'),
  'workflows-arrows': imports('workflows/run-shard.ts', 'engine/batch.ts'),
  'activities-arrows': imports('activities/run-batch.ts', 'workflows/run-shard.ts'),
  'client-arrows': imports('client/start-run.ts', 'workflows/run-shard.ts'),
  'cli-arrows': imports('cli/eval-run.ts', 'engine/batch.ts'),
  'workers-arrows': imports('workers/compose.ts', 'cli/exit-codes.ts'),
  'cases-arrows': imports('cases/gate-cases.ts', 'workers/compose.ts'),
  'entry-arrows': imports('index.ts', 'engine/batch.ts'),
  'known-folders': imports('helpers/text.ts', 'core/text.ts'),
  'activities-as-types': imports('workflows/activities.ts', 'activities/index.ts'),
  'adapters-do-not-meet': imports('adapters/solvers/simple.ts', 'adapters/models/openai.ts'),
  'core-is-pure': importsPackage('core/hash.ts', 'node:crypto', 'crypto'),
  'workflows-are-deterministic': importsPackage('workflows/run-shard.ts', 'node:os', 'os'),
  'config-packages': importsPackage('config/load.ts', 'commander', 'node_modules/commander/index.js'),
  'temporal-users': importsPackage('engine/batch.ts', '@temporalio/activity', 'node_modules/@temporalio/activity/index.js'),
  'no-cycles': {
    from: 'src/core/a.ts',
    to: 'src/core/b.ts',
    files: {
      'src/core/a.ts': `import { x } from './b.js';\nexport const y = 1;\nconsole.log(x);`,
      'src/core/b.ts': `import { y } from './a.js';\nexport const x = 1;\nconsole.log(y);`,
    },
  },
  'no-orphans': { from: 'src/core/alone.ts', files: { 'src/core/alone.ts': 'export const x = 1;' } },
  'no-unresolved': {
    from: 'src/core/a.ts',
    to: './gone.js',
    files: { 'src/core/a.ts': `import { x } from './gone.js';\nconsole.log(x);` },
  },
  'no-test-code': {
    from: 'src/engine/batch.ts',
    to: 'test/fakes/endpoint.ts',
    files: {
      'src/engine/batch.ts': importing('src/engine/batch.ts', 'test/fakes/endpoint.ts'),
      'test/fakes/endpoint.ts': 'export const x = 1;',
    },
  },
  'declared-packages': importsPackage('cli/main.ts', 'vitest', 'node_modules/vitest/index.js'),
  'no-zod-in-workflows': {
    from: 'src/workflows/run-shard.ts',
    to: 'node_modules/zod/index.js',
    also: 'core-is-pure',
    files: {
      'src/workflows/run-shard.ts': importing('workflows/run-shard.ts', 'core/shards.ts'),
      'src/core/shards.ts': `export { x } from 'zod';`,
    },
  },
};

/** More ways to break a rule that has several. */
const ALSO_PLANTED: readonly (readonly [rule: string, plant: Plant])[] = [
  ['core-is-pure', importsPackage('core/schema.ts', 'zod', 'node_modules/zod/index.js')],
  [
    'workflows-are-deterministic',
    importsPackage('workflows/run-shard.ts', '@temporalio/client', 'node_modules/@temporalio/client/index.js'),
  ],
  ['declared-packages', importsPackage('cli/main.ts', 'undeclared', 'node_modules/undeclared/index.js')],
  ['temporal-users', importsPackage('cli/runs.ts', '@temporalio/client', 'node_modules/@temporalio/client/index.js')],
];

const DEPENDENCIES = ['zod', 'yaml', 'commander', '@temporalio/activity', '@temporalio/client', '@temporalio/workflow'];
const DEV_DEPENDENCIES = ['vitest'];

/** What is allowed, and close to what is not. */
const ALLOWED: Readonly<Record<string, Plant>> = {
  'a workflow imports the types of activities': {
    from: '',
    files: {
      'src/workflows/activities.ts': `import type { X } from '../activities/index.js';\nexport const x: X = 1;`,
      'src/activities/index.ts': `export type X = number;`,
    },
  },
  'zod behind a type that a workflow imports': {
    from: '',
    files: {
      'src/workflows/activities.ts': `import type { X } from '../activities/index.js';\nexport const x: X = 1;`,
      'src/activities/index.ts': `import { x } from '../artifacts/schema.js';\nexport type X = typeof x;`,
      'src/artifacts/schema.ts': `export { x } from 'zod';`,
    },
  },
  'a command loads its own work, which imports its types': {
    from: '',
    files: {
      'src/cli/gate.ts': `export interface X { x: number }\nexport const run = () => import('./gate-run.js');`,
      'src/cli/gate-run.ts': `import type { X } from './gate.js';\nexport const x: X = { x: 1 };`,
    },
  },
};

let folder: string;
let home: string;

beforeEach(() => {
  home = process.cwd();
  folder = mkdtempSync(path.join(os.tmpdir(), 'nel-arrows-'));
});

afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

function plant(files: Readonly<Record<string, string>>): void {
  write(
    'package.json',
    JSON.stringify({ type: 'module', dependencies: versions(DEPENDENCIES), devDependencies: versions(DEV_DEPENDENCIES) }),
  );
  write('tsconfig.json', JSON.stringify({ compilerOptions: { module: 'NodeNext', target: 'ES2022', verbatimModuleSyntax: true } }));
  for (const name of [...DEPENDENCIES, ...DEV_DEPENDENCIES, 'undeclared']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', type: 'module', main: 'index.js' }));
    write(`node_modules/${name}/index.js`, 'export const x = 1;');
  }
  for (const [file, text] of Object.entries(files)) write(file, text);
}

function write(file: string, text: string): void {
  const target = path.join(folder, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, `${text}\n`);
}

function versions(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, '1.0.0']));
}

function depcruiseOptions(config: string): Promise<ICruiseOptions> {
  return extractDepcruiseOptions(path.join(ROOT, config));
}

/** Runs both configs as the command line would in that folder. */
async function violations(root: string): Promise<{ rule: string; from: string; to: string }[]> {
  process.chdir(root);
  const found = [];
  for (const config of CONFIGS) {
    const options = await depcruiseOptions(config);
    const { output } = await cruise(['src'], options, undefined, { tsConfig: extractTSConfig(path.join(root, 'tsconfig.json')) });
    found.push(...(output as ICruiseResult).summary.violations);
  }
  return found.map(({ rule, from, to }: { rule: IRuleSummary; from: string; to: string }) => ({ rule: rule.name, from, to }));
}

describe('the arrows', () => {
  test.each([...Object.entries(PLANTED), ...ALSO_PLANTED])(
    '%s finds what is planted for it, and nothing else is found',
    async (rule, { from, to, also, files }) => {
      plant(files);
      const found = await violations(folder);
      expect([...new Set(found.map((violation) => violation.rule))]).toEqual(also === undefined ? [rule] : [also, rule]);
      expect(found).toContainEqual({ rule, from, to: to ?? from });
    },
  );

  test.each(Object.entries(ALLOWED))('%s: nothing is found', async (_, { files }) => {
    plant(files);
    expect(await violations(folder)).toEqual([]);
  });

  test('every rule has a violation planted for it', async () => {
    const options = await Promise.all(CONFIGS.map(depcruiseOptions));
    const rules = options.flatMap(({ ruleSet }) => ruleSet?.forbidden ?? []).map(({ name }) => name ?? 'without a name');
    expect(Object.keys(PLANTED).sort()).toEqual(rules.sort());
  });

  test('every folder of src has arrows', async () => {
    const { ruleSet } = await depcruiseOptions('.dependency-cruiser.mjs');
    const rules = (ruleSet?.forbidden ?? []).map(({ name }) => name);
    const folders = readdirSync(path.join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(rules).toEqual(expect.arrayContaining(folders.map(({ name }) => `${name}-arrows`)));
  });

  test('src has no violation', async () => {
    expect(await violations(ROOT)).toEqual([]);
    // All of src is read and resolved.
  }, 120_000);
});
