/** Where an answer can stand in a text, by priority: the default extraction patterns of math-verify 0.9.0, for short texts. */

/** An environment of LaTeX: `$$…$$`, `\[…\]`, `$…$`, `\(…\)`, ` […] `; `FRACTION` may stand without one. */
const ENVIRONMENTS = [
  String.raw`(?<!\\)\$\$(?:[^$]|\$(?!\$))+?(?<!\\)\$\$`,
  String.raw`(?<!\\)\\\[(?:[^\\]|\\(?!\]))+?(?<!\\)\\\]`,
  String.raw`(?<![\\\d])\$(?:\\\$|[^\n$])+?(?<!\\)\$`,
  String.raw`(?<!\\)\\\((?:[^\\\n]|\\(?!\)))+?(?<!\\)\\\)`,
  String.raw`\s\[[^\n\][]+?\]\s`,
];
const SIMPLE = String.raw`-?\d+(?:[.,]\d+)?`;
const FRACTION = String.raw`-?\\frac\{${SIMPLE}\}\{${SIMPLE}\}`;
const PERCENT = String.raw`(?:\\?%|[Pp]ercent(?:age)?|[Pp]ct)`;

const ENVIRONMENT = String.raw`(?:${[...ENVIRONMENTS, FRACTION].join('|')})\s*${PERCENT}?`;
/** Up to six of them, joined by "and", "or" or commas. */
const LATEX = String.raw`(?<latex>${ENVIRONMENT}(?:\s*(?:,?and|,?or|,)\s*${ENVIRONMENT}){0,5})`;

const NUMBER = String.raw`(?<!\d)(?<number>-?[1-9]\d{0,2}(?:[ ,]\d{3})+(?:\.\d+)?|-?\d+[.,]\d+|\.\d+|-?\d+)(?<percent>\s*(?:%|[Pp]ercent(?:age)?|[Pp]ct))?`;
const OPERATORS = String.raw`+\-*×/^()÷`;
const ARITHMETIC = String.raw`(?<arithmetic>-?\(?-?\d[\d.\s${OPERATORS}]*[${OPERATORS}][\d.\s${OPERATORS}]+\)?)`;
const CURRENCY = '$€£¥₹₽₪₩₫฿₡₢₣₤₥₦₧₨₭₮₯₰₱₲₳₴₵₶₷₸₺₻₼₾₿';
const BEFORE = String.raw`(?:^|\s|=)(?:\*\*)?`;
const EXPRESSION = String.raw`(?:${BEFORE}${ARITHMETIC}(?:\*\*)?(?:[.,:\s)$]|$))`;
const PLAIN_NUMBER = String.raw`(?:${BEFORE}[${CURRENCY}]?${NUMBER})`;
const EITHER = String.raw`(?:${EXPRESSION}|${PLAIN_NUMBER})`;

const FINAL = '[Ff][Ii][Nn][Aa][Ll] [Aa][Nn][Ss][Ww][Ee][Rr]';
const ANSWER = '[Aa][Nn][Ss][Ww][Ee][Rr]';
const FINAL_IS = String.raw`${FINAL} [Ii][Ss]:?\s*`;

/** One pattern; its named groups `latex`, `boxed`, `arithmetic`, `number` tell what was found. */
const latex = (source: string): RegExp => new RegExp(source, 'gs');
const plain = (source: string): RegExp => new RegExp(source, 'g');

/** Groups in order of priority; inside one, the match that ends last is tried first. */
export const PATTERN_GROUPS: readonly (readonly RegExp[])[] = [
  [latex(String.raw`${FINAL_IS}${LATEX}\.?\s?I hope`), plain(String.raw`${FINAL_IS}${EITHER}\.?\s?I hope`)],
  [
    latex(String.raw`${FINAL}.{0,100}?\s+is:?\s*${LATEX}`),
    latex(String.raw`(?<latex>${ENVIRONMENTS.map((one) => `(?:${one})`).join('|')})`),
    latex(String.raw`(?<boxed>\\boxed\{.+\})`),
    plain(String.raw`${FINAL}.{0,100}?\s+is:?${EITHER}`),
  ],
  [latex(String.raw`${ANSWER}:.{0,50}?${LATEX}`), plain(String.raw`${ANSWER}:(?:.{0,100}=\s*|.{0,50}?)${EITHER}(?!\s*=)`)],
  [latex(String.raw`${ANSWER}.{0,50}?${LATEX}`), plain(String.raw`${ANSWER}(?:.{0,100}=\s*|.{0,50}?)${EITHER}(?!\s*=)`)],
  [latex(LATEX), plain(EXPRESSION), plain(PLAIN_NUMBER)],
];

/** The second group's environments count only with a box inside. */
export const BOX_GROUP = 1;
export const BOX_PATTERN = 1;

const ENVIRONMENT_PARTS = new RegExp(String.raw`(?:(${ENVIRONMENTS.join('|')})|(${FRACTION}))\s*(${PERCENT})?`, 'gs');

/** The environments of a `latex` match: their content without delimiters, and whether a percent sign follows. */
export function environmentsOf(match: string): { content: string; isPercent: boolean }[] {
  return [...match.matchAll(ENVIRONMENT_PARTS)].map(([, environment, fraction, percent]) => ({
    content: fraction ?? contentOf(environment as string),
    isPercent: percent !== undefined,
  }));
}

function contentOf(environment: string): string {
  const trimmed = environment.trim();
  const width = /^(?:\$\$|\\)/.test(trimmed) ? 2 : 1;
  return trimmed.slice(width, -width);
}
