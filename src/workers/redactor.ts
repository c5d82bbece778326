/** Knows the credentials of this process, by value, and takes them out of any text. */

/** Shorter values would blank out ordinary words. */
const SHORTEST_SECRET = 6;

export class Redactor {
  private readonly secrets = new Set<string>();

  /** Learns a secret, also in the forms it takes in URLs, JSON and base64. */
  learn(secret: string): void {
    const text = secret.trim();
    if (text.length < SHORTEST_SECRET) return;
    const json = JSON.stringify(text).slice(1, -1);
    for (const form of [text, encodeURIComponent(text), json, Buffer.from(text).toString('base64')]) this.secrets.add(form);
  }

  /** Bound, so that it can be handed on as a function. */
  readonly redact = (text: string): string => {
    let clean = text;
    for (const secret of this.secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, '[redacted]');
    return clean;
  };
}
