/** `${VAR}` and `${VAR:-default}` in a config's url, model, benchmark name and output.dir. API keys are not expanded: see secrets.ts. */

import type { SourcePosition } from '../core/errors.js';
import { didYouMean } from '../core/nearest.js';
import type { Problems } from './problems.js';
import { type Environment, isSecretName } from './secret-names.js';
import { type ConfigPath, formatPath } from './yaml-document.js';

export type Expansion =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly message: string; readonly hint?: string };

/**
 * Puts in the values of variables. As in a shell, a default also stands for an empty variable. `$VAR` without braces is left
 * as it is. Refused: a variable that is not set, one whose name says that it is a credential (the result is recorded), and
 * other forms of `${…}`.
 */
export function expandVariables(text: string, env: Environment): Expansion {
  let failure: Expansion | undefined;
  const expanded = text.replace(/\$\{([^}]*)(\}?)/g, (whole, inside: string, close: string) => {
    const form = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(inside);
    if (close === '' || form === null) {
      failure ??= { ok: false, message: `has ${JSON.stringify(whole)}`, hint: 'Only ${NAME} and ${NAME:-default} are known.' };
      return '';
    }
    const name = form[1] as string;
    if (isSecretName(name)) {
      failure ??= {
        ok: false,
        message: `names ${name}, which looks like a credential, and this value is recorded`,
        hint: 'Only api_key may name such a variable.',
      };
      return '';
    }
    const value = env[name] || form[2];
    if (value === undefined) {
      const state = env[name] === undefined ? 'not set' : 'empty';
      const near = didYouMean(
        name,
        Object.keys(env).filter((other) => other !== name),
      );
      failure ??= { ok: false, message: `needs the environment variable ${name}, which is ${state}${near}` };
      return '';
    }
    return value;
  });
  if (failure === undefined && expanded.trim() === '') return { ok: false, message: 'is empty once its variables are filled in' };
  return failure ?? { ok: true, text: expanded };
}

interface FieldContext {
  readonly env: Environment;
  readonly problems: Problems;
  readonly file: { positionOf(field: ConfigPath): SourcePosition | undefined } | undefined;
}

/** A field of the file with its variables filled in; undefined, and a problem with the field's place, where one cannot be. */
export function expandField({ env, problems, file }: FieldContext, text: string, field: ConfigPath): string | undefined {
  const expanded = expandVariables(text, env);
  if (expanded.ok) return expanded.text;
  problems.add({ kind: 'config', message: `${formatPath(field)} ${expanded.message}`, hint: expanded.hint, at: file?.positionOf(field) });
  return undefined;
}
