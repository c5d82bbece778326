/** Where notifications go, as people write it: a URL, or the variable that holds one. An address that is a secret is refused, and not repeated. */

import { NelError } from '../core/errors.js';
import type { NotifyTarget } from '../core/night.js';
import { isSecretName, looksLikeSecret } from './secret-names.js';

/** Hosts whose webhook addresses are credentials by themselves. */
const SECRET_HOSTS =
  /(^|\.)(hooks\.slack(-gov)?\.com|discord(app)?\.com|webhook\.office\.com|logic\.azure\.com|hooks\.zapier\.com|chat\.googleapis\.com)$/i;

/** `/hooks/<key>` of Mattermost and Rocket.Chat, `/bot<number>:<token>` of Telegram. */
const SECRET_PATH = /\/(hooks\/[^/]|bot\d+:)/i;

/** @throws NelError of kind `usage`; its message holds nothing of an address */
export function parseNotifyTarget(text: string): NotifyTarget {
  const variable = /^env:(.*)$/s.exec(text.trim());
  if (variable !== null) {
    const name = variable[1] as string;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || looksLikeSecret(name)) throw refusal('env: is followed by the name of a variable');
    return { kind: 'env', name };
  }
  if (!/^https?:\/\//i.test(text.trim()) || !URL.canParse(text.trim())) throw refusal('is neither an http(s) address nor env:NAME');
  const url = new URL(text.trim());
  const secret =
    url.username !== '' ||
    url.password !== '' ||
    [...url.searchParams].some(([name, value]) => isSecretName(name) || looksLikeKey(value)) ||
    SECRET_HOSTS.test(url.hostname) ||
    SECRET_PATH.test(decoded(url.pathname)) ||
    decoded(url.pathname).split('/').some(looksLikeKey);
  if (secret) throw refusal('holds a secret, or is one');
  return { kind: 'url', url: url.href };
}

/**
 * Whether whoever knows the text may be let in by it alone. More is taken for that here than elsewhere: the way out costs nothing, and no word
 * that a person chose for an address has 24 letters, or 16 letters and digits in one.
 */
function looksLikeKey(text: string): boolean {
  const runs = text.match(/[A-Za-z0-9]{16,}/g) ?? [];
  const isUuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.test(text);
  return isUuid || looksLikeSecret(text) || runs.some((run) => run.length >= 24 || (/\d/.test(run) && /[A-Za-z]/.test(run)));
}

/** A `%` that begins no escape stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function refusal(what: string): NelError {
  return new NelError('usage', `--notify: it ${what}`, {
    hint: "Put the address into a variable of the worker's environment and give --notify env:NAME.",
  });
}
