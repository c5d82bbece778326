/** The built-in benchmark mgsm: 250 problems of GSM8K in each of eleven languages. */

import type { Benchmark } from '../core/benchmark.js';
import { MGSM_ANSWER_PREFIX, mgsm } from '../core/scoring/mgsm.js';
import { fieldText } from '../core/template.js';
import { defineParametrized } from './define.js';

const REVISION = 'f52417ca77bd71e9888ddc29f92587660725d2b4';

/** What is asked, in the language of the problem; `{label}` is the word before the result that the scorer looks for. */
const TASKS = {
  bn: 'এই গাণিতিক সমস্যাটি ধাপে ধাপে সমাধান করুন। শেষ লাইনে "{label}:" লিখে তার পরে শুধু সংখ্যাটি লিখুন।',
  de: 'Löse diese Textaufgabe Schritt für Schritt. Schreibe in die letzte Zeile „{label}:“ und dahinter nur die Zahl.',
  en: 'Solve this word problem step by step. Write "{label}:" on the last line, with just the number behind it.',
  es: 'Resuelve este problema paso a paso. Escribe en la última línea «{label}:» y detrás solo el número.',
  fr: 'Résous ce problème étape par étape. Écris sur la dernière ligne « {label}: » suivi du nombre seul.',
  ja: 'この文章題を順を追って解いてください。最後の行に「{label}:」と書き、その後に数字だけを書いてください。',
  ru: 'Решите эту задачу по шагам. В последней строке напишите «{label}:» и после этого только число.',
  sw: 'Tatua swali hili la hesabu hatua kwa hatua. Kwenye mstari wa mwisho andika "{label}:" na baada yake nambari peke yake.',
  te: 'ఈ లెక్కను దశలవారీగా పరిష్కరించండి. చివరి వరుసలో "{label}:" అని రాసి, దాని తర్వాత సంఖ్యను మాత్రమే రాయండి.',
  th: 'แก้โจทย์ปัญหานี้ทีละขั้นตอน ในบรรทัดสุดท้ายให้เขียน "{label}:" ตามด้วยตัวเลขเท่านั้น',
  zh: '请一步一步解答这道应用题。最后一行写“{label}:”，后面只写数字。',
} as const satisfies Record<keyof typeof MGSM_ANSWER_PREFIX, string>;

type Language = keyof typeof TASKS;
const LANGUAGES = Object.keys(TASKS) as Language[];

/**
 * Paper: Shi et al. 2022, Language Models are Multilingual Chain-of-Thought Reasoners, arXiv:2210.03057.
 * Data: juletxara/mgsm (CC BY-SA 4.0), one TSV file a language without a header.
 * Rule: the last number behind the language's word for "Answer", as OpenAI's simple-evals `mgsm_eval.py` (src/core/scoring/mgsm.ts).
 * Prompt: chain of thought in the problem's language, in our words; with `native: false` in English.
 */
export const mgsmBenchmark: Benchmark = defineParametrized(
  {
    language: { type: 'choice', default: 'en', choices: LANGUAGES, description: 'language of the problems' },
    native: { type: 'boolean', default: true, description: "ask in the problem's language" },
  },
  ({ language, native }) => ({
    name: language === 'en' ? 'mgsm' : `mgsm_${language}`,
    description: 'Grade-school math in eleven languages (250 each)',
    dataset: `hf://juletxara/mgsm/mgsm_${language}.tsv?revision=${REVISION}`,
    localPath: `mgsm/mgsm_${language}.tsv`,
    columns: ['question', 'answer'],
    requiredFields: ['question', 'answer'],
    prompt: (row) => `${TASKS[native ? language : 'en'].replace('{label}', MGSM_ANSWER_PREFIX[language])}\n\n${fieldText(row, 'question')}`,
    target: (row) => fieldText(row, 'answer').trim(),
    scorer: mgsm({ language }),
    about: {
      paper: 'Shi et al. 2022, arXiv:2210.03057',
      licence: 'CC BY-SA 4.0',
      rule: 'last number behind the word for "Answer" in the language (as simple-evals of OpenAI)',
      target: 'second column: a number',
      sample: { question: 'A box holds 12 eggs. How many eggs are in 5 boxes?', answer: '60' },
    },
  }),
);
