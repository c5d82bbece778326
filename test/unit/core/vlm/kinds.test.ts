/** Which data sets are read natively, and how. */

import { describe, expect, it } from 'vitest';
import { catalogueEntry, catalogueNames } from '../../../../src/core/vlm/catalogue.js';
import { customKind, kindOf, promptStyleOf } from '../../../../src/core/vlm/kinds.js';

const told = (name: string) => {
  const kind = kindOf(name);
  return typeof kind === 'object' ? [kind.prompt, kind.scoring, kind.report] : kind;
};

describe('the catalogue', () => {
  it('has 203 data sets with full addresses and digests of the right form', () => {
    const names = catalogueNames();
    expect(names).toHaveLength(203);
    for (const name of names) {
      const entry = catalogueEntry(name);
      for (const url of [entry?.url ?? []].flat()) expect(url).toMatch(/^https?:\/\/[\w.-]+\/\S+$/);
      if (typeof entry?.md5 === 'string') expect(entry.md5).toMatch(/^[0-9a-f]{32}$/i);
    }
  });

  it('does not take inherited names for data sets', () => {
    expect(catalogueEntry('toString')).toBeUndefined();
    expect(kindOf('constructor')).toBeUndefined();
  });
});

describe('a data set', () => {
  it.each([
    ['MMBench_DEV_EN', ['mcq', 'choice', 'circular']],
    ['MMBench_dev_cn', ['mcq', 'choice', 'circular']],
    ['CCBench', ['mcq', 'choice', 'circular']],
    ['BLINK_circular', ['mcq', 'choice', 'circular']],
    ['BLINK', ['mcq', 'choice', 'accuracy']],
    ['MMStar', ['mcq', 'choice', 'accuracy']],
    ['MMT-Bench_VAL', ['mcq', 'choice', 'mmt']],
    ['MMSci_DEV_MCQ', ['mcq', 'choice', 'mmsci']],
    ['MMVP', ['mcq', 'choice', 'mmvp']],
    ['MMMU_DEV_VAL', ['mmmu', 'choice', 'accuracy']],
    ['MMMU_Pro_10c_COT', ['mmmu_pro_cot', 'choice_cot', 'accuracy']],
    ['MMMU_Pro_V', ['mmmu_pro_v', 'choice', 'accuracy']],
    ['MUIRBench', ['muir', 'choice', 'accuracy']],
    ['POPE', ['plain', 'yes_no', 'pope']],
    ['HallusionBench', ['plain', 'yes_no', 'hallusion']],
    ['MME', ['plain', 'yes_no', 'mme']],
    ['AMBER', ['yes_no', 'yes_no_any_case', 'amber']],
    ['TextVQA_VAL', ['short_answer', 'line', 'line']],
    ['OCRBench', ['plain', 'ocrbench', 'ocrbench']],
    ['COCO_VAL', ['caption', 'caption', 'caption']],
    ['MathVision', 'judge'],
    ['MathVista_MINI', 'judge'],
    ['MMVet', 'judge'],
    ['LLaVABench', 'judge'],
    ['OCRBench_v2', 'own_rules'],
    ['NotThere', undefined],
  ])('%s is read as %j', (name, wanted) => {
    expect(told(name)).toEqual(wanted);
  });

  it('makes choices of open rows in MMMU only', () => {
    expect(kindOf('MMMU_DEV_VAL')).toMatchObject({ openRowsAsChoices: true });
    expect(kindOf('MMStar')).toMatchObject({ openRowsAsChoices: false });
  });

  it('of one’s own is circular where its name says so', () => {
    expect(customKind('MCQ', 'mine_circular').report).toBe('circular');
    expect(customKind('MCQ', 'mine').report).toBe('accuracy');
    expect(customKind('Y/N', 'mine').scoring).toBe('yes_no');
    expect(customKind('VQA', 'mine')).toMatchObject({ prompt: 'plain', scoring: 'line' });
  });

  it('is asked as the class that its own inherits from asks, also where it is not read here', () => {
    const names = [
      'POPE',
      'MathVision',
      'MathVision_MINI',
      'MathVista_MINI',
      'MMVet',
      'LLaVABench',
      'LogicVista',
      'TDBench',
      'HRBench4K',
      'ImageMCQDataset',
    ];
    expect(names.map(promptStyleOf)).toEqual(['plain', ...Array(6).fill('plain'), 'mcq', 'mcq', undefined]);
    // These have a builder of their own.
    expect(['MathVerse', 'MathVerse_MINI', 'OlympiadBench', 'CVBench'].map(promptStyleOf)).toEqual(Array(4).fill(undefined));
  });
});
