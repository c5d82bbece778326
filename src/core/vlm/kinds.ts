/** How each VLMEvalKit data set is asked, scored and summed up: the rows of its classes that are read natively, by name. */

import { catalogueEntry } from './catalogue.js';
import type { PromptStyle } from './prompts.js';

/**
 * - `choice`: option letter or text (`can_infer`); `choice_cot`: the same after MMMU-Pro's answer line
 * - `yes_no`: yes or no; `yes_no_any_case`: the same, the answer column in any case
 * - `line`: VQA accuracy, ANLS, relaxed accuracy or equality, by name (scoring/vlm/line.ts)
 * - `ocrbench`: contains one of the answers; `contains`: the same without periods (MTVQA)
 * - `caption`: nothing by row; BLEU, ROUGE-L and CIDEr over all rows
 */
export type VlmScoring = 'choice' | 'choice_cot' | 'yes_no' | 'yes_no_any_case' | 'line' | 'ocrbench' | 'contains' | 'caption';

/** What is made of all rows together; see summaries.ts. */
export type VlmReport =
  | 'accuracy'
  | 'circular'
  | 'mmt'
  | 'mmvp'
  | 'mmsci'
  | 'mme'
  | 'hallusion'
  | 'pope'
  | 'amber'
  | 'vsr'
  | 'yes_no'
  | 'line'
  | 'ocrbench'
  | 'mtvqa'
  | 'caption';

export interface VlmKind {
  readonly prompt: PromptStyle;
  readonly scoring: VlmScoring;
  readonly report: VlmReport;
  /** The column that answers stand in. */
  readonly answerColumn: 'answer' | 'answers';
  /** An open row becomes a choice between its answer and anything else, when it is scored. */
  readonly openRowsAsChoices: boolean;
}

/** Why a known data set is not read natively, for people. */
export type UnsupportedReason = 'judge' | 'own_rules';

const CHOICE: VlmKind = { prompt: 'mcq', scoring: 'choice', report: 'accuracy', answerColumn: 'answer', openRowsAsChoices: false };
const YES_NO: VlmKind = { ...CHOICE, prompt: 'plain', scoring: 'yes_no', report: 'yes_no' };
const VQA: VlmKind = { ...CHOICE, prompt: 'short_answer', scoring: 'line', report: 'line' };

/** Words in a name, in lower case, whose data sets hold each question once for each rotation of its options. */
const CIRCULAR = ['mmbench', 'ccbench', 'circular', 'mmcr'];

/**
 * Classes whose scores VLMEvalKit gets from a judge model. MathVista has rules before it, which leave some answers unread: a run would pay
 * for all answers and come to no score.
 */
const JUDGED = new Set(
  (
    'MathVerse MathVision MathVista LENS Physics_yale OlympiadBench SeePhys LogicVista MME_CoT LLaVABench LLaVABench_KO MMVet MMSci_Captioning BMMR ' +
    'ZEROBench OCR_Reasoning PhyX MMEReasoning AyaVisionBench MathCanvas MMReason VGRPBench CoreCognition'
  ).split(' '),
);

/** How a data set of the catalogue is read, or why it is not. @throws nothing; undefined for a name that VLMEvalKit does not know */
export function kindOf(name: string): VlmKind | UnsupportedReason | undefined {
  const entry = catalogueEntry(name);
  if (entry === undefined) return undefined;
  const openRowsAsChoices = name.includes('MMMU');
  switch (entry.className) {
    case 'ImageMCQDataset':
      return { ...CHOICE, report: choiceReport(name) };
    case 'MedXpertQA_MM_test':
      return CHOICE;
    case 'MMMUDataset':
      return { ...CHOICE, prompt: 'mmmu', openRowsAsChoices };
    case 'MMMUProDataset':
      return { ...CHOICE, ...mmmuPro(name), openRowsAsChoices };
    case 'MUIRDataset':
      return { ...CHOICE, prompt: 'muir' };
    case 'ImageYORNDataset':
      return yesNo(name);
    case 'ImageVQADataset':
      return VQA;
    case 'VizWiz':
      return { ...VQA, prompt: 'plain', answerColumn: 'answers' };
    case 'OCRBench':
      return { ...VQA, prompt: 'plain', scoring: 'ocrbench', report: 'ocrbench' };
    case 'MTVQADataset':
      return { ...VQA, prompt: 'short_answer_own_language', scoring: 'contains', report: 'mtvqa' };
    case 'ImageCaptionDataset':
      return { ...VQA, prompt: 'caption', scoring: 'caption', report: 'caption' };
    default:
      return JUDGED.has(entry.className) ? 'judge' : 'own_rules';
  }
}

/** How a TSV of one's own is read, by the type that its address gives; asked as VLMEvalKit's CustomMCQDataset and CustomVQADataset ask. */
export function customKind(type: 'MCQ' | 'Y/N' | 'VQA', name: string): VlmKind {
  if (type === 'MCQ') return { ...CHOICE, report: isCircular(name) ? 'circular' : 'accuracy' };
  return type === 'Y/N' ? YES_NO : { ...VQA, prompt: 'plain' };
}

/** Classes that are not read here and have no `build_prompt` of their own, by the one that they inherit (VLMEvalKit, `vlmeval/dataset`). */
const INHERITED_PROMPTS: ReadonlyMap<string, PromptStyle> = new Map(
  (
    [
      [
        'plain',
        'CustomVQADataset LENS LLaVABench LLaVABench_KO LogicVista MathVision MathVista MMReason MMSci_Captioning MMVet OCRBench_v2 VGRPBench VLMsAreBiased',
      ],
      ['mcq', 'CustomMCQDataset GMAIMMBenchDataset HRBenchDataset MicroBench OmniMedVQA SCAM TDBench TopViewRS VLMBlind _3DSRBench'],
    ] as const
  ).flatMap(([style, classes]) => classes.split(' ').map((name) => [name, style] as const)),
);

/** How the data set or class of VLMEvalKit of this name is asked, also where it is not read here; undefined where that is not known. */
export function promptStyleOf(name: string): PromptStyle | undefined {
  const kind = kindOf(name);
  return typeof kind === 'object' ? kind.prompt : INHERITED_PROMPTS.get(catalogueEntry(name)?.className ?? name);
}

export function isCircular(name: string): boolean {
  const lower = name.toLowerCase();
  return CIRCULAR.some((word) => lower.includes(word));
}

function choiceReport(name: string): VlmReport {
  if (isCircular(name)) return 'circular';
  if (name.includes('MMT')) return 'mmt';
  if (name.includes('MMSci')) return 'mmsci';
  return name === 'MMVP' ? 'mmvp' : 'accuracy';
}

function mmmuPro(name: string): Pick<VlmKind, 'prompt' | 'scoring'> {
  const cot = name.includes('COT');
  if (name.includes('MMMU_Pro_V')) return { prompt: cot ? 'mmmu_pro_v_cot' : 'mmmu_pro_v', scoring: cot ? 'choice_cot' : 'choice' };
  return { prompt: cot ? 'mmmu_pro_cot' : 'mmmu_pro', scoring: cot ? 'choice_cot' : 'choice' };
}

function yesNo(name: string): VlmKind {
  switch (name) {
    case 'MME':
      return { ...YES_NO, report: 'mme' };
    case 'HallusionBench':
      return { ...YES_NO, report: 'hallusion' };
    case 'POPE':
      return { ...YES_NO, report: 'pope' };
    case 'AMBER':
      return { ...YES_NO, prompt: 'yes_no', scoring: 'yes_no_any_case', report: 'amber' };
    case 'VSR-zeroshot':
      return { ...YES_NO, report: 'vsr' };
    default:
      return YES_NO;
  }
}
