/** Which files of a repository a split is read from: no row twice, none of another split. */

import { describe, expect, it } from 'vitest';
import { parseHubAddress } from '../../../../src/adapters/datasets/hub-address.js';
import { splitFiles } from '../../../../src/adapters/datasets/hub-files.js';

const COMMIT = 'a1'.repeat(20);

function chosen(paths: readonly string[], query: string, configs?: unknown): string[] {
  const files = paths.map((path) => ({ path, size: null, sha256: null }));
  return splitFiles({ commit: COMMIT, files, configs }, parseHubAddress(`hf://o/n${query}`)).map(({ path }) => path);
}

describe('a split that is there in several formats', () => {
  it.each<[string, string[], string[]]>([
    ['as many files each', ['test.csv', 'test.jsonl', 'test.tsv'], ['test.jsonl']],
    ['Parquet beside', ['test.jsonl', 'test.parquet'], ['test.parquet']],
    ['more files of one', ['test-a.csv', 'test-b.csv', 'test.parquet'], ['test-a.csv', 'test-b.csv']],
    ['plain and packed', ['test.jsonl', 'test.jsonl.gz'], ['test.jsonl']],
    ['a shard that is only packed', ['test-0.jsonl', 'test-1.jsonl.gz'], ['test-0.jsonl', 'test-1.jsonl.gz']],
  ])('is read in one: %s', (_label, paths, expected) => {
    expect(chosen(paths, '?split=test')).toEqual(expected);
    expect(chosen(paths, '?split=test', [{ config_name: 'x', data_files: [{ split: 'test', path: 'test*' }] }])).toEqual(expected);
  });
});

describe('a repository without a card', () => {
  it('is asked about folders before formats, but for the sources of Parquet', () => {
    expect(() => chosen(['de/test.csv', 'en/test.jsonl'], '?split=test')).toThrow('o/n: name a config');
    expect(() => chosen(['a/test.parquet', 'b/test-1.csv', 'b/test-2.csv'], '?split=test')).toThrow('o/n: name a config');
    expect(chosen(['raw/test.csv', 'data/test.parquet'], '?split=test')).toEqual(['data/test.parquet']);
  });

  it('has only the split train where no file names one, as when it is one file', () => {
    expect(chosen(['data.csv'], '?split=train')).toEqual(['data.csv']);
    expect(chosen(['data.csv', 'dataset_infos.json', '.cache/x.csv', '__old/y.csv'], '')).toEqual(['data.csv']);
    expect(chosen(['data.csv'], '?split=test')).toEqual([]);
    expect(chosen(['data.csv', 'test.csv'], '?split=train')).toEqual([]);
    expect(() => chosen(['data.csv', 'test.csv'], '')).toThrow('o/n: no split named');
    expect(() => chosen(['de/data.csv', 'en/data.csv'], '')).toThrow('o/n: name a config');
    expect(chosen(['de/data.csv', 'en/data.csv'], '?config=en')).toEqual(['en/data.csv']);
  });

  it.each([
    ['validation', 'dev.jsonl'],
    ['validation', 'data/val-00000-of-00001.parquet'],
    ['validation', 'valid/0.csv'],
    ['test', 'eval.jsonl'],
    ['train', 'my_training.jsonl'],
    ['dev', 'dev.jsonl'],
  ])('has %s in %s', (split, path) => {
    expect(chosen([path, 'other.jsonl'], `?split=${split}`)).toEqual([path]);
  });

  it('goes by the name itself before its other spellings', () => {
    expect(chosen(['dev.jsonl', 'validation.jsonl'], '?split=validation')).toEqual(['validation.jsonl']);
    expect(chosen(['dev.jsonl', 'test.jsonl'], '?split=train')).toEqual([]);
  });
});

describe("a card's configs", () => {
  const PATHS = ['de/dev.jsonl', 'de/test.jsonl', 'en/dev.jsonl', 'en/test.jsonl', 'test/odd.jsonl', 'end/test.jsonl'];

  it.each(['en', './en/', '/en'])('may name a folder alone: %s', (dir) => {
    const configs = [
      { config_name: 'english', data_dir: dir },
      { config_name: 'german', data_dir: 'de' },
    ];
    expect(chosen(PATHS, '?config=english&split=test', configs)).toEqual(['en/test.jsonl']);
    expect(chosen(PATHS, '?config=german&split=validation', configs)).toEqual(['de/dev.jsonl']);
    expect(() => chosen(PATHS, '?split=test', configs)).toThrow('o/n: name a config');
  });

  it('do not take the name of that folder for a split', () => {
    expect(chosen(PATHS, '?split=train', [{ config_name: 'x', data_dir: 'test' }])).toEqual(['test/odd.jsonl']);
  });

  it('may name files within a folder', () => {
    const configs = [{ config_name: 'x', data_dir: 'en', data_files: { train: 'dev*', test: ['test.jsonl'] } }];
    expect(chosen(PATHS, '?split=test', configs)).toEqual(['en/test.jsonl']);
    expect(chosen(PATHS, '?split=train', configs)).toEqual(['en/dev.jsonl']);
  });

  it.each<[string, unknown, string]>([
    ['a mapping', { train: 'de/dev.jsonl', test: ['en/test.jsonl', 'de/test.jsonl'] }, 'test'],
    ['a list of splits', [{ split: 'test', path: ['en/test.jsonl', 'de/test.jsonl'] }], 'test'],
    ['a list of paths', ['en/test.jsonl', 'de/test.jsonl'], 'train'],
  ])('may have data_files as %s', (_label, dataFiles, split) => {
    const configs = [{ config_name: 'x', data_files: dataFiles }];
    expect(chosen(PATHS, `?split=${split}`, configs)).toEqual(['de/test.jsonl', 'en/test.jsonl']);
  });

  it('are left out where they are malformed', () => {
    const configs = [
      7,
      { config_name: 'a' },
      { config_name: 'b', data_files: 7 },
      { config_name: 'c', data_files: { test: 'en/test.jsonl', dev: 7 } },
    ];
    expect(chosen(PATHS, '?split=test', configs)).toEqual(['en/test.jsonl']);
    expect(() => chosen(PATHS, '?split=dev', configs)).toThrow('o/n (config c): there is no split "dev"');
  });
});
