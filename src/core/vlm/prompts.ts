/** The prompts that VLMEvalKit makes of a row: texts and images in order. Pure: images are numbers here, their bytes are put in elsewhere. */

import type { Choices } from '../scoring/vlm/choice.js';

/** A row's cells as texts, in pandas' words; a missing cell is absent. */
export type Cells = ReadonlyMap<string, string>;

/** A piece of a prompt: text, or the row's image of that number (from 0). */
export type PromptPart = { readonly type: 'text'; readonly text: string } | { readonly type: 'image'; readonly image: number };

/**
 * - `plain`: the question as it stands
 * - `mcq`: hint, question, options, and what to do with them
 * - `mmmu`: as `mcq`, images where the text says `<image 1>`
 * - `mmmu_pro`, `mmmu_pro_cot`, `mmmu_pro_v`, `mmmu_pro_v_cot`: MMMU-Pro's own closing words; of `_v` the question is in the image
 * - `muir`: the option's letter is asked for, images where the text says `<image>`
 * - `yes_no`: AMBER's closing words after the question
 * - `short_answer`: a word or phrase is asked for
 * - `short_answer_own_language`: the same, in the language of the question
 * - `caption`: a fixed request, where the file has no questions
 */
export type PromptStyle =
  | 'plain'
  | 'mcq'
  | 'mmmu'
  | 'mmmu_pro'
  | 'mmmu_pro_cot'
  | 'mmmu_pro_v'
  | 'mmmu_pro_v_cot'
  | 'muir'
  | 'yes_no'
  | 'short_answer'
  | 'short_answer_own_language'
  | 'caption';

const LETTERS = Array.from({ length: 26 }, (_, i) => String.fromCharCode(65 + i));

/** What pandas writes for a cell that is missing. */
const MISSING = 'nan';

/** The options of a row: every lettered column with a value, in the order of the letters. */
export function optionsOf(cells: Cells): Choices {
  const options: Record<string, string> = {};
  for (const letter of LETTERS) {
    const text = cells.get(letter);
    if (text !== undefined) options[letter] = text;
  }
  return options;
}

/**
 * The parts of a row's prompt, as `build_prompt` of the row's class makes them.
 * @param images how many images the row has
 * @throws RangeError where the text names an image that the row does not have
 */
export function buildPrompt(style: PromptStyle, cells: Cells, images: number): PromptPart[] {
  const text = promptText(style, cells);
  if (style === 'mmmu' || style === 'mmmu_pro' || style === 'mmmu_pro_cot') return atNumberedPlaces(text, images);
  if (style === 'muir') return atPlaces(text, images);
  return [...imageParts(images), { type: 'text', text }];
}

function promptText(style: PromptStyle, cells: Cells): string {
  const question = cells.get('question') ?? MISSING;
  switch (style) {
    case 'plain':
      return question;
    case 'mcq':
    case 'mmmu':
      return hintText(cells) + optionsText(cells, 'Please select the correct answer from the options above. \n');
    case 'mmmu_pro':
      return optionsText(cells, 'Answer directly with the option letter from the given choices. ');
    case 'mmmu_pro_cot':
      return optionsText(cells, `Answer the following multiple-choice question. ${LAST_LINE}`);
    case 'mmmu_pro_v':
      return `${IN_THE_IMAGE}Answer directly with the option letter from the given choices. `;
    case 'mmmu_pro_v_cot':
      return IN_THE_IMAGE + LAST_LINE;
    case 'muir':
      return muirText(question, optionsOf(cells));
    case 'yes_no':
      return `${question}\nPlease answer yes or no.`;
    case 'short_answer':
      return `${question}\nAnswer the question using a single word or phrase.`;
    case 'short_answer_own_language':
      return `${question}\nAnswer the question using a word or phrase in the language of the question.`;
    case 'caption':
      return cells.get('question') ?? CAPTION;
  }
}

const IN_THE_IMAGE = 'Answer the following multiple-choice question in the image. ';
const LAST_LINE =
  "The last line of your response should be of the following format: 'Answer: $LETTER' (without quotes) " +
  'where LETTER is one of the options. Think step by step before answering. ';
const CAPTION =
  'Please describe this image in general. Directly provide the description, do not include prefix like "This image depicts". ';

function hintText(cells: Cells): string {
  const hint = cells.get('hint');
  return hint === undefined ? '' : `Hint: ${hint}\n`;
}

/** A question without options is an open one: nothing is asked of them. */
function optionsText(cells: Cells, closing: string): string {
  const options = Object.entries(optionsOf(cells));
  const question = `Question: ${cells.get('question') ?? MISSING}\n`;
  if (options.length === 0) return question;
  return `${question}Options:\n${options.map(([letter, text]) => `${letter}. ${text}\n`).join('')}${closing}`;
}

function muirText(question: string, options: Choices): string {
  const lines = Object.entries(options).map(([letter, text]) => `${letter}. ${text}`);
  if (lines.length === 0) return `${question}\n`;
  return `${question}\n${lines.join('\n')}\nAnswer with the option's letter from the given choices directly.`;
}

function imageParts(count: number): PromptPart[] {
  return Array.from({ length: count }, (_, image) => ({ type: 'image', image }));
}

/** `<image 1>` in the text stands for the first image; without any, the images come first. An image may be named twice, or never. */
function atNumberedPlaces(text: string, images: number): PromptPart[] {
  const [first = '', ...rest] = text.split('<image ');
  if (rest.length === 0) return [...imageParts(images), { type: 'text', text }];
  const parts: PromptPart[] = [{ type: 'text', text: first }];
  for (const piece of rest) {
    const number = /^(\d)>/.exec(piece)?.[1];
    // The reference counts from the end for a zero.
    const image = number === '0' ? images - 1 : Number(number) - 1;
    if (number === undefined || image >= images || image < 0)
      throw new RangeError(`the text names image ${JSON.stringify(piece.slice(0, 8))}, and the row has ${images}`);
    parts.push({ type: 'image', image }, { type: 'text', text: piece.slice(2) });
  }
  return parts;
}

/** Each `<image>` in the text stands for the next image. Images that the text has no place for are not shown, as in the reference. */
function atPlaces(text: string, images: number): PromptPart[] {
  return text
    .split('<image>')
    .flatMap((piece, i): PromptPart[] => [
      ...(i > 0 && i <= images ? [{ type: 'image' as const, image: i - 1 }] : []),
      ...(piece === '' ? [] : [{ type: 'text' as const, text: piece }]),
    ]);
}
