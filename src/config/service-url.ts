/** From what people write as an endpoint's address to the base URL that the client appends a path to, and the protocol that the address names. */

import type { Protocol } from '../core/model.js';
import { isSecretName } from './secret-names.js';

export type ServiceUrl =
  | { readonly ok: true; readonly url: string; readonly protocol: Protocol | null }
  | { readonly ok: false; readonly message: string; readonly hint: string };

/** An address as messages may show it: without credentials and query. */
export function displayUrl(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1…@').replace(/[?#].*$/s, '?…');
}

function refuse(message: string, hint: string): ServiceUrl {
  return { ok: false, message, hint };
}

/**
 * Splits an address into base URL (no slash at the end, no `/chat/completions` or `/completions`) and the protocol that it
 * names (null: none). Messages start with a verb, to be put behind the name of what held the address.
 */
export function parseServiceUrl(text: string): ServiceUrl {
  const address = text.trim();
  if (!/^https?:\/\//i.test(address)) {
    const shown = displayUrl(address);
    const hint = /^[a-z][a-z0-9+.-]*:\/\//i.test(address) ? 'nel speaks HTTP only.' : `Write https://${shown} or http://${shown}.`;
    return refuse(`must start with https:// or http://, got ${JSON.stringify(shown)}`, hint);
  }
  if (!URL.canParse(address)) {
    return refuse(`is not a URL: ${JSON.stringify(displayUrl(address))}`, 'An address looks like https://host:port/v1.');
  }
  const url = new URL(address);
  if (url.username !== '' || url.password !== '') {
    return refuse(
      'holds a user name or password',
      'Remove it: addresses are recorded. Put the key into a variable and write api_key: ${NAME}, or give --api-key-env NAME.',
    );
  }
  if ([...url.searchParams.keys()].some(isSecretName)) {
    return refuse(
      'holds a credential in its query',
      'Remove it: addresses are recorded. Put the key into a variable and write api_key: ${NAME}, or give --api-key-env NAME.',
    );
  }
  if (url.search !== '' || url.hash !== '') {
    return refuse('has a query or a fragment', "Write the address only up to its path: the protocol's own path is appended to it.");
  }
  const path = url.pathname.replace(/\/+$/, '');
  if (/\/responses$/.test(path)) {
    return refuse(
      'names the responses protocol, which nel does not speak',
      'Use the same address without /responses, or with /chat/completions.',
    );
  }
  const ending = /\/(chat\/)?completions$/.exec(path);
  const protocol = ending === null ? null : ending[1] === undefined ? 'completions' : 'chat_completions';
  return { ok: true, url: `${url.origin}${ending === null ? path : path.slice(0, ending.index)}`, protocol };
}

/** Whether an address is this machine's own, where a call without an API key is the rule. */
export function isLocalUrl(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127\./.test(hostname);
}
