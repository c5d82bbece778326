/**
 * The arrows between the folders of src/, as rules of dependency-cruiser. test/unit/architecture.test.ts plants a violation of each and
 * expects it to be found.
 */

/** What a folder may import besides itself. A folder that is not here has no arrows yet: decide them before the first import. */
const MAY_IMPORT = {
  core: [],
  config: ['core'],
  artifacts: ['core'],
  report: ['core'],
  engine: ['core', 'artifacts'],
  adapters: ['core', 'artifacts'],
  // The index is what a user's file gets when it imports `nel`.
  benchmarks: ['core', 'practice/benchmarks', 'index'],
  practice: ['core'],
  // What `nel/serve` opens for a program, it opens as `nel serve` does.
  serve: ['core', 'artifacts', 'workers/served'],
  api: ['core', 'artifacts', 'config', 'report'],
  // Activities are imported as types only: see the rule of that name.
  workflows: ['core', 'activities'],
  activities: ['core', 'artifacts', 'engine', 'workflows/contract'],
  client: ['core', 'config', 'workflows/contract', 'workflows/failure-converter'],
  cli: [
    'core',
    'config',
    'artifacts',
    'report',
    'serve',
    'client',
    'workers',
    'practice',
    'benchmarks/registry',
    'engine/hash',
    'workflows/contract',
  ],
};

/** Folders that are told what they must not import instead. */
const MUST_NOT_IMPORT = {
  // The composition root: everything meets here, and nothing that it composes knows how it was called.
  workers: ['cli'],
  cases: ['client', 'workers'],
};

const FOLDERS = [...Object.keys(MAY_IMPORT), ...Object.keys(MUST_NOT_IMPORT)];
/** A folder, or a module of that name (without .ts), as dependency-cruiser's patterns want it. */
const folder = (name) => `^src/${name}(/|\\.ts$)`;

const arrows = [
  ...Object.entries(MAY_IMPORT).map(([name, targets]) => ({
    name: `${name}-arrows`,
    comment: `src/${name} may import ${targets.length === 0 ? 'nothing of the project' : targets.join(', ')}`,
    from: { path: folder(name) },
    to: { path: '^src/', pathNot: [name, ...targets].map(folder) },
  })),
  ...Object.entries(MUST_NOT_IMPORT).map(([name, targets]) => ({
    name: `${name}-arrows`,
    comment: `src/${name} must not import ${targets.join(', ')}`,
    from: { path: folder(name) },
    to: { path: targets.map(folder) },
  })),
  {
    name: 'entry-arrows',
    comment: "src/index.ts is the package's face for benchmark files and programs: loading it must not load the machinery of runs",
    from: { path: folder('index') },
    to: { path: '^src/', pathNot: ['core', 'benchmarks', 'api'].map(folder) },
  },
  {
    name: 'known-folders',
    comment: 'a new folder of src/ needs arrows of its own, here and in the design',
    from: { path: '^src/', pathNot: [...FOLDERS, 'index'].map(folder) },
    to: {},
  },
  {
    name: 'activities-as-types',
    comment: 'a workflow knows an activity by its type: importing its code would put it into the workflow sandbox',
    from: { path: folder('workflows') },
    to: { path: folder('activities'), dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'adapters-do-not-meet',
    comment: 'adapters meet in src/workers only',
    from: { path: '^src/adapters/([^/]+)/' },
    to: { path: '^src/adapters/', pathNot: '^src/adapters/$1/' },
  },
];

const packages = [
  {
    name: 'core-is-pure',
    comment: 'core computes: no node:*, no package',
    from: { path: folder('core') },
    to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'] },
  },
  {
    name: 'workflows-are-deterministic',
    comment: 'workflow code may load nothing but its SDK: no node:*, no other package',
    from: { path: folder('workflows') },
    to: {
      dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
      pathNot: '^node_modules/@temporalio/(workflow|common)/',
    },
  },
  {
    name: 'config-packages',
    comment: 'config reads YAML and checks it: yaml, zod and nothing else from outside',
    from: { path: folder('config') },
    to: { path: '^node_modules/', pathNot: '^node_modules/(yaml|zod)/' },
  },
  {
    name: 'temporal-users',
    comment: 'only workflows, activities, workers and client know Temporal',
    from: { path: '^src/', pathNot: ['workflows', 'activities', 'workers', 'client'].map(folder) },
    to: { path: '^node_modules/@temporalio/' },
  },
];

const hygiene = [
  {
    name: 'no-cycles',
    comment: 'modules that need each other to run are one module, or miss one',
    from: { path: '^src/' },
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'no-orphans',
    comment: 'nothing imports it and it imports nothing: unused, or a script in the wrong folder',
    from: { path: '^src/', orphan: true },
    to: {},
  },
  { name: 'no-unresolved', comment: 'the import leads nowhere', from: { path: '^src/' }, to: { couldNotResolve: true } },
  {
    name: 'no-test-code',
    comment: 'what is shipped must not need what is not',
    from: { path: '^src/' },
    to: { path: '^(test|scripts|bench|examples)/' },
  },
  {
    name: 'declared-packages',
    comment: "a package must be among package.json's dependencies: others are missing where the project is installed",
    from: { path: '^src/' },
    to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
  },
];

export const options = {
  doNotFollow: { path: 'node_modules' },
  tsPreCompilationDeps: true,
  tsConfig: { fileName: 'tsconfig.json' },
  enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
};

/** dependency-cruiser reads the default export. */
export default { forbidden: [...arrows, ...packages, ...hygiene].map((rule) => ({ severity: 'error', ...rule })), options };
