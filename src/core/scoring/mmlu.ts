/** The MMLU scorer: the letter after the word for "answer" in any of some twenty languages. */

import type { Scorer, ScorerInput, ScorerResult } from '../benchmark.js';
import { nothingExtracted } from './failure.js';
import { PYTHON_SPACE, pythonStrip } from './python-text.js';

/**
 * How "Answer:" is written, in the order in which it is looked for; ` :` stands for a colon after optional white space. A form decides
 * wherever it stands in the answer, also where a later form stands before it.
 */
const ANSWER_FORMS: readonly string[] = [
  'Answer :',
  // Korean models put zero-width spaces after the colon.
  `Answer :${'\u200b'.repeat(6)}`,
  'উত্তর :',
  'उत्तर :',
  'উত্তরঃ',
  'Antwort :',
  '답변 :',
  '정답 :',
  '답 :',
  '答案 ：',
  '答案 :',
  '答 ：',
  '答 :',
  '答复 ：',
  '答曰 ：',
  'الإجابة:',
  'الجواب:',
  'إجابة:',
  'الإجابة النهائية:',
  'الإجابة الصحيحة:',
  'الإجابة الصحيحة هي:',
  'الإجابة هي:',
  'الجواب النهائي:',
  'Respuesta :',
  'Risposta :',
  '答え :',
  '答え ：',
  '回答 :',
  '回答 ：',
  '解答 :',
  'Jawaban :',
  'Réponse :',
  'Resposta :',
  'Jibu :',
  'Idahun :',
  'Ìdáhùn :',
  'Idáhùn :',
  // Combining accents where the language is typed with them: the forms are compared as code points.
  'A\u0300m\u1ecd\u0300na\u0300 :',
  'Àdáhùn :',
  'A\u0300nu\u0301go\u0323 :',
  'Àṣàyàn :',
];

/** Option letters: Latin, Arabic (a range of code points), Bengali, full-width. */
const LETTER = '[A-D\u0623-\u062fঅবডঢＡ-Ｄ]';

/** Python's IGNORECASE also takes the dotless and the dotted i for i; JavaScript's does not. */
const PATTERNS: readonly RegExp[] = ANSWER_FORMS.map((form) => {
  const words = form.replace(/i/gi, '[iİı]').replace(/ (?=[:：])/, `[${PYTHON_SPACE}]*`);
  return new RegExp(`${words}[ \\t]*(${LETTER})`, 'iu');
});

/** Markdown and TeX that may stand before the letter; taken out one after the other, so that the order counts. */
const DECORATION: readonly string[] = [
  '**',
  '$\\boxed{',
  '}$',
  '\\$',
  '$\\text{',
  '$',
  '\\mathrm{',
  '\\{',
  '\\text',
  '\\(',
  '\\mathbf{',
  '{',
  '\\boxed',
];

/** Arabic, Bengali and full-width option letters. */
const LATIN: Readonly<Record<string, string>> = {
  أ: 'A',
  ب: 'B',
  ج: 'C',
  د: 'D',
  অ: 'A',
  ব: 'B',
  ড: 'C',
  ঢ: 'D',
  Ａ: 'A',
  Ｂ: 'B',
  Ｃ: 'C',
  Ｄ: 'D',
};

/**
 * MMLU (Hendrycks et al. 2021, arXiv:2009.03300) and its translations as OpenAI's simple-evals reads them, `mmlu_eval.py`: Markdown and
 * TeX taken out, then the first way to write "Answer:" that a letter follows on the same line, in the order of its list. What comes
 * after the letter is not looked at ("Answer: Because" reads B), and a lower-case letter is extracted but is not the target.
 */
export function mmlu(): Scorer {
  return {
    name: 'mmlu',
    score({ response, target }: ScorerInput): ScorerResult {
      const extracted = mmluLetter(response);
      return extracted === null ? nothingExtracted(response) : { reward: extracted === target ? 1 : 0, extracted };
    },
    idealAnswer: (target) => `Answer: ${target}`,
  };
}

/** The letter, Latin where its script's order is known, or null. */
export function mmluLetter(response: string): string | null {
  let plain = response;
  for (const mark of DECORATION) plain = plain.replaceAll(mark, '');
  for (const pattern of PATTERNS) {
    const letter = pattern.exec(plain)?.[1];
    if (letter !== undefined) return LATIN[letter] ?? pythonStrip(letter);
  }
  return null;
}
