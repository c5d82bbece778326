/** Finding the last `\boxed{…}` of an answer and taking its content out: the first step of the math scorer. */

const COMMANDS = ['\\boxed', '\\fbox'];

/**
 * The whole last `\boxed{…}`, `\boxed …` or `\fbox{…}` of `text`, or null: the rule of `last_boxed_only_string` in
 * lm-evaluation-harness 0.4.13 (tasks/hendrycks_math), after Hendrycks et al. 2021, arXiv:2103.03874.
 *
 * Anything written `\boxed ` (with a space) wins over every braced one, even an earlier one: from the last of them up to the next
 * dollar sign, command included. Else the last `\boxed`, or the last `\fbox` where no `\boxed` stands, up to its closing
 * brace; null where that brace is missing. Linear in the text.
 */
export function lastBoxed(text: string): string | null {
  const spaced = text.lastIndexOf('\\boxed ');
  if (spaced !== -1) {
    const dollar = text.indexOf('$', spaced);
    return text.slice(spaced, dollar === -1 ? undefined : dollar);
  }
  for (const command of COMMANDS) {
    const start = text.lastIndexOf(command);
    if (start === -1) continue;
    const end = closingBrace(text, start);
    return end === -1 ? null : text.slice(start, end + 1);
  }
  return null;
}

/** Where the first brace after `from` is closed, or -1. */
function closingBrace(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}

/**
 * The content of the last `\boxed` of `text`, or null where there is none: `remove_boxed` of the same file, applied to what
 * `lastBoxed` finds. `\boxed {5}` keeps its braces, `\boxed{}` is the empty string. As there (by a failed assertion),
 * `\fbox{5}` is found but not opened: null.
 */
export function unboxed(text: string): string | null {
  const box = lastBoxed(text);
  if (box === null) return null;
  if (box.startsWith('\\boxed ')) return box.slice('\\boxed '.length);
  return box.startsWith('\\boxed{') ? box.slice('\\boxed{'.length, -1) : null;
}
