/** Targets with several right answers: how a benchmark writes them into the one text that a sample carries, and how scorers read them. */

/**
 * The right answers of a target: a JSON array of texts is as many answers, any other text is one. A single answer that looks like
 * such an array is written as an array of one.
 */
export function targetList(target: string): readonly string[] {
  const parsed = parsedArray(target);
  return parsed?.every((item) => typeof item === 'string') ? parsed : [target];
}

/** The target text for several right answers. */
export function targetOf(answers: readonly string[]): string {
  return JSON.stringify(answers);
}

/** The items of a JSON array with at least one, or null for any other text. */
export function parsedArray(text: string): readonly unknown[] | null {
  if (!/^\s*\[/.test(text)) return null;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.length > 0 ? (value as unknown[]) : null;
  } catch {
    return null;
  }
}
