/** Rules that find bugs, most of them by types. What code looks like is Biome's business. */

import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const NO_DEFAULT_EXPORT = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name, so that a thing has one name everywhere.',
};

/** Values that differ from call to call. Core gets them as arguments, and so can be tested and replayed. */
const NO_CLOCK_OR_CHANCE = [
  { object: 'Math', property: 'random', message: 'Take the number as an argument.' },
  { object: 'Date', property: 'now', message: 'Take the time as an argument.' },
  { object: 'performance', property: 'now', message: 'Take the time as an argument.' },
  { object: 'process', property: 'env', message: 'Take the setting as an argument.' },
];

/** Mistakes that need no types to be seen; also for the scripts in plain JavaScript. */
const PLAIN_RULES = {
  'array-callback-return': 'error',
  eqeqeq: 'error',
  'no-cond-assign': 'error',
  'no-constant-binary-expression': 'error',
  'no-constant-condition': ['error', { checkLoops: 'allExceptWhileTrue' }],
  'no-dupe-else-if': 'error',
  'no-fallthrough': 'error',
  'no-throw-literal': 'error',
  'no-self-assign': 'error',
  'no-self-compare': 'error',
  'no-unreachable-loop': 'error',
  'no-unsafe-finally': 'error',
  'no-unsafe-optional-chaining': 'error',
  'prefer-promise-reject-errors': 'error',
  'use-isnan': 'error',
  'valid-typeof': 'error',
};

export default defineConfig([
  globalIgnores(['dist/', 'coverage/', 'results/', '.nel/']),
  {
    files: ['**/*.js', '**/*.mjs'],
    rules: { ...PLAIN_RULES, 'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }] },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...PLAIN_RULES,
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/require-array-sort-compare': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      // What was caught, or aborted a signal, is passed on as it came: its type is unknown. The plain rules see what is written by hand.
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      // Ports are asynchronous, what stands behind them need not be.
      '@typescript-eslint/require-await': 'off',
      // Ports are often made of closures, written as methods and taken apart on purpose.
      '@typescript-eslint/unbound-method': 'off',
      // It does not see that a value of unknown type was told apart from objects before.
      '@typescript-eslint/no-base-to-string': 'off',
      // Servers send enums as plain numbers.
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      // Finds words too many, not bugs.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
    },
  },
  {
    files: ['src/core/**/*.ts', 'src/workflows/**/*.ts'],
    rules: { 'no-restricted-properties': ['error', ...NO_CLOCK_OR_CHANCE] },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // expect.any() and its kind are of type any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    // Tools read the default exports of these.
    files: ['*.config.ts', 'examples/**/*.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
]);
