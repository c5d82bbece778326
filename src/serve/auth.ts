/** The bearer token of a server that was given one. Compared in constant time; /health, which probes ask, is open. */

import { createHash, timingSafeEqual } from 'node:crypto';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** True when an `Authorization` header carries the token. */
export type TokenCheck = (authorization: string | undefined) => boolean;

export function tokenCheck(token: string): TokenCheck {
  // Of digests, so that neither the time nor a thrown error tells the token's length.
  const wanted = digest(token);
  return (authorization) => {
    const given = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    return timingSafeEqual(digest(given ?? ''), wanted) && given !== undefined;
  };
}
