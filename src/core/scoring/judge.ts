/**
 * Scorers that ask a judge: a grade on a scale, the better of two answers, or one of several labels. They build the question,
 * check the reply and make a reward of it; the call itself is a tool (see ScorerTools.judge).
 *
 * Rules against known biases of judges (Zheng et al. 2023, Judging LLM-as-a-Judge with MT-Bench and Chatbot Arena,
 * arXiv:2306.05685): a written reason comes before the grade; two answers are compared both ways round, and one is better only where both
 * ways say so; the answer is marked as data, and its marks cannot be forged from within.
 */

import type { Scorer, ScorerInput, ScorerResult, ScorerTools } from '../benchmark.js';
import { NelError } from '../errors.js';
import type { JsonObject } from '../json.js';
import type { JudgeMetricSpec } from '../spec.js';
import { askVerdict, JUDGE_FRAME, objectSchema } from './judge-question.js';

/** A label that a judge may give, what it means, and what it is worth. */
export interface JudgeLabel {
  readonly label: string;
  readonly meaning: string;
  readonly reward: number;
}

export interface JudgeLabelsOptions {
  /** Name of the scorer. */
  readonly name: string;
  /** What is to be decided, and how: the judge's instructions. */
  readonly task: string;
  readonly labels: readonly JudgeLabel[];
}

export type JudgeMetricOptions = Pick<JudgeMetricSpec, 'rubric' | 'scale' | 'repeats' | 'mode'>;

/** The scorer of a config's judge metric. Reward 0 to 1. */
export function judgeMetric(options: JudgeMetricOptions): Scorer {
  return options.mode === 'pairwise' ? judgePairwise(options) : judgeGrade(options);
}

/**
 * A grade from `scale[0]` to `scale[1]` against a rubric, asked `repeats` times: reward is the mean, mapped to 0..1. Details: `grade` (the
 * mean on the scale) and, for several, `grade_spread` (highest minus lowest).
 */
function judgeGrade({ rubric, scale: [low, high], repeats }: JudgeMetricOptions): Scorer {
  const instructions = [
    `You grade an answer on a scale from ${low} (worst) to ${high} (best).`,
    `What to grade by:\n${rubric ?? 'Is the answer correct, complete and helpful?'}`,
    'Length and confidence earn nothing by themselves. First write a short reason, then the grade.',
    `Reply with one JSON object: {"reason": "…", "grade": <number from ${low} to ${high}>}`,
  ].join('\n\n');
  const schema = objectSchema({ reason: { type: 'string' }, grade: { type: 'number', minimum: low, maximum: high } });
  return {
    name: 'judge',
    needs: ['judge'],
    settings: { rubric, scale: [low, high], repeats, instructions, frame: JUDGE_FRAME },
    async score(input, tools) {
      const blocks = [
        ['Question', input.prompt] as const,
        ['Reference answer', input.target] as const,
        ['Answer to grade', input.response] as const,
      ];
      const grades: number[] = [];
      for (let repeat = 0; repeat < repeats; repeat++)
        grades.push(await askVerdict(tools, { instructions, blocks, schema, repeat, repeats }, ({ grade }) => onScale(grade, low, high)));
      const grade = mean(grades);
      const spread = repeats > 1 ? { grade_spread: Math.max(...grades) - Math.min(...grades) } : {};
      // A mean of equal grades may lie a rounding error beyond the scale.
      const reward = Math.min(1, Math.max(0, (grade - low) / (high - low)));
      return { reward, extracted: String(grade), details: { grade, ...spread } };
    },
  };
}

/** A number on the scale, also as text and as `8/10` where 10 is the highest; null for anything else: it is not bent to fit. */
function onScale(grade: unknown, low: number, high: number): number | null {
  const [text = '', of] = typeof grade === 'string' ? grade.split('/', 2).map((part) => part.trim()) : [];
  const value = typeof grade === 'number' ? grade : text === '' || (of !== undefined && Number(of) !== high) ? Number.NaN : Number(text);
  return value >= low && value <= high ? value : null;
}

/**
 * The answer against the expected one, each question asked both ways round: 1 better, 0 worse, 0.5 equal or where the two ways do not
 * agree (Zheng et al., section 3.4: a win counts only in both orders). Reward: the mean over `repeats`. Details: `consistent`, share of
 * repeats in which both ways agree; `first_preferred`, how often the answer shown first won (a tie is half; 0.5: no bias).
 */
function judgePairwise({ rubric, repeats }: JudgeMetricOptions): Scorer {
  const instructions = [
    'You compare two answers to a question, A and B.',
    `What to compare by:\n${rubric ?? 'Which answer is more correct, complete and helpful?'}`,
    'Their order and their length say nothing. First write a short reason, then the verdict.',
    'Reply with one JSON object: {"reason": "…", "verdict": "A" or "B" or "tie"}',
  ].join('\n\n');
  const schema = objectSchema({ reason: { type: 'string' }, verdict: { type: 'string', enum: ['A', 'B', 'tie'] } });
  return {
    name: 'judge_pairwise',
    needs: ['judge'],
    settings: { rubric, repeats, instructions, frame: JUDGE_FRAME },
    async score({ prompt, response, target }, tools) {
      /** 1 where A is better, 0 where B is. */
      const ask = (a: string, b: string, repeat: number): Promise<number> => {
        const blocks = [['Question', prompt] as const, ['Answer A', a] as const, ['Answer B', b] as const];
        return askVerdict(tools, { instructions, blocks, schema, repeat, repeats }, preference);
      };
      const rewards: number[] = [];
      const firsts: number[] = [];
      let consistent = 0;
      for (let repeat = 0; repeat < repeats; repeat++) {
        const straight = await ask(response, target, repeat);
        const swapped = await ask(target, response, repeat);
        const agree = straight === 1 - swapped;
        rewards.push(agree ? straight : 0.5);
        firsts.push(straight, swapped);
        if (agree) consistent++;
      }
      const reward = mean(rewards);
      const extracted = reward > 0.5 ? 'better' : reward < 0.5 ? 'worse' : 'tie';
      return { reward, extracted, details: { consistent: consistent / repeats, first_preferred: mean(firsts) } };
    },
  };
}

function preference({ verdict }: JsonObject): number | null {
  const text = typeof verdict === 'string' ? verdict.trim().toLowerCase() : '';
  return text === 'a' ? 1 : text === 'b' ? 0 : text === 'tie' ? 0.5 : null;
}

/**
 * One of several labels, each with its reward: how benchmarks with short factual answers are judged. Details: `is_<label>` is 1 for the
 * label that was given, 0 for the others, so that the shares are metrics.
 */
export function judgeLabels({ name, task, labels }: JudgeLabelsOptions): Scorer {
  if (labels.length < 2 || new Set(labels.map(({ label }) => label.toLowerCase())).size < labels.length)
    throw new NelError('config', `${name}: a judge needs at least two different labels`);
  const instructions = [
    task,
    `Labels:\n${labels.map(({ label, meaning }) => `- ${label}: ${meaning}`).join('\n')}`,
    'First write a short reason, then the label.',
    `Reply with one JSON object: {"reason": "…", "label": ${labels.map(({ label }) => JSON.stringify(label)).join(' or ')}}`,
  ].join('\n\n');
  const schema = objectSchema({ reason: { type: 'string' }, label: { type: 'string', enum: labels.map(({ label }) => label) } });
  const read = ({ label: given }: JsonObject): JudgeLabel | null => {
    const text = typeof given === 'string' ? given.trim().toLowerCase() : '';
    return labels.find(({ label }) => label.toLowerCase() === text) ?? null;
  };
  return {
    name,
    needs: ['judge'],
    settings: { instructions, rewards: Object.fromEntries(labels.map(({ label, reward }) => [label, reward])), frame: JUDGE_FRAME },
    async score(input: ScorerInput, tools?: ScorerTools): Promise<ScorerResult> {
      const blocks = [
        ['Question', input.prompt] as const,
        ['Right answer', input.target] as const,
        ['Answer to judge', input.response] as const,
      ];
      const given = await askVerdict(tools, { instructions, blocks, schema }, read);
      const shares = Object.fromEntries(labels.map(({ label }) => [`is_${label.toLowerCase()}`, label === given.label ? 1 : 0]));
      return { reward: given.reward, extracted: given.label, details: shares };
    },
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
