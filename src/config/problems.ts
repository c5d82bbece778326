/** Collects what is wrong with a config, so that a person sees all of it at once and not one error a try. */

import { formatPosition, NelError, type NelErrorKind, type SourcePosition } from '../core/errors.js';

export interface Problem {
  readonly kind: NelErrorKind;
  readonly message: string;
  readonly at?: SourcePosition | undefined;
  readonly hint?: string | undefined;
}

/** More than these are counted, not shown: later ones are often consequences of the first. */
const MOST_SHOWN = 10;

export class Problems {
  readonly #list: Problem[] = [];

  add(problem: Problem): void {
    this.#list.push(problem);
  }

  get any(): boolean {
    return this.#list.length > 0;
  }

  /** @throws NelError: one problem as it is; several as a list in the order of their lines, each with its hint. */
  throwIfAny(): void {
    const [first, ...others] = this.#list;
    if (first === undefined) return;
    if (others.length === 0) {
      throw new NelError(first.kind, first.message, {
        ...(first.at === undefined ? {} : { at: first.at }),
        ...(first.hint === undefined ? {} : { hint: first.hint }),
      });
    }
    const sorted = [...this.#list].sort((a, b) => (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.column ?? 0) - (b.at?.column ?? 0));
    const lines = sorted.slice(0, MOST_SHOWN).map(problemLine);
    if (sorted.length > MOST_SHOWN) lines.push(`  and ${sorted.length - MOST_SHOWN} more`);
    throw new NelError(first.kind, [`${sorted.length} problems:`, ...lines].join('\n'));
  }
}

function problemLine({ at, message, hint }: Problem): string {
  return `  ${at === undefined ? '' : `${formatPosition(at)}: `}${message}${hint === undefined ? '' : `. ${hint}`}`;
}
