/** How long an endpoint asked us to wait, from the headers of its reply. Read by classify.ts. */

interface Headers {
  get(name: string): string | null;
}

/**
 * Milliseconds, 0 or more; null where nothing (readable) was asked. `retry-after-ms` goes before `retry-after`, which holds seconds
 * or an HTTP date (RFC 9110, 10.2.3). A date is measured against the reply's own `date`, as the two clocks may differ.
 *
 * @param now milliseconds since the epoch, used where the reply has no date
 */
export function retryAfterMs(headers: Headers, now: number): number | null {
  const milliseconds = decimal(headers.get('retry-after-ms'));
  if (milliseconds !== null) return milliseconds;
  const value = headers.get('retry-after')?.trim();
  if (!value) return null;
  const seconds = decimal(value);
  if (seconds !== null) return seconds * 1000;
  const at = Date.parse(value);
  if (Number.isNaN(at)) return null;
  const sent = Date.parse(headers.get('date') ?? '');
  return Math.max(0, at - (Number.isNaN(sent) ? now : sent));
}

function decimal(value: string | null): number | null {
  return value !== null && /^\s*\d{1,12}(\.\d+)?\s*$/.test(value) ? Number(value) : null;
}
