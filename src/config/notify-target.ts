/** Where notifications go, as people write it: a URL, or the variable that holds one. An address that is a secret is refused, and not repeated. */

import { NelError } from '../core/errors.js';
import type { NotifyTarget } from '../core/night.js';
import { isSecretName, looksLikeSecret } from './secret-names.js';

/** Hosts whose webhook addresses are credentials by themselves. */
const SECRET_HOSTS =
  /(^|\.)(hooks\.slack\.com|discord(app)?\.com|webhook\.office\.com|logic\.azure\.com|hooks\.zapier\.com|chat\.googleapis\.com)$/i;

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
    [...url.searchParams].some(([name, value]) => isSecretName(name) || looksLikeSecret(value)) ||
    SECRET_HOSTS.test(url.hostname) ||
    url.pathname.split('/').some(looksLikeSecret);
  if (secret) throw refusal('holds a secret, or is one');
  return { kind: 'url', url: url.href };
}

function refusal(what: string): NelError {
  return new NelError('usage', `--notify: it ${what}`, {
    hint: "Put the address into a variable of the worker's environment and give --notify env:NAME.",
  });
}
