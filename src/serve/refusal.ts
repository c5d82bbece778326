/** What a request is refused with: a status and a sentence. Thrown by every part of src/serve, written as JSON by app.ts. */

/** Statuses that a refusal may have; from 500 on the server is at fault or too busy. */
export type RefusalStatus = 400 | 401 | 404 | 405 | 408 | 413 | 422 | 500 | 503 | 504;

/** Becomes `{"detail": …}`, the member that FastAPI's clients read. Never holds a secret. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: RefusalStatus;
  /** `data`: the row is broken; `verify`: the scorer failed. Trying again would give the same. */
  readonly reason: 'data' | 'verify' | undefined;

  /** Of a 405: the methods that would do. */
  readonly allow: string | undefined;

  constructor(status: RefusalStatus, detail: string, reason?: 'data' | 'verify', allow?: string) {
    super(detail);
    this.status = status;
    this.reason = reason;
    this.allow = allow;
  }
}

const QUOTED = 80;

/** A value of a request as an error may show it: short, on one line. */
export function quoted(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  const text = typeof value === 'string' ? value : String(value);
  return JSON.stringify(text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text);
}
