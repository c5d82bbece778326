/** Knows the credentials of this process, by value, and takes them out of any text. */

/** Shorter values would blank out ordinary words. */
const SHORTEST_SECRET = 8;

export class Redactor {
  /** Longest first: a secret that begins another must not leave the other's tail. */
  private secrets: readonly string[] = [];

  /** Learns a secret, also in the forms it takes in URLs, JSON and base64. */
  learn(secret: string): void {
    const text = secret.trim();
    if (text.length < SHORTEST_SECRET) return;
    const json = JSON.stringify(text).slice(1, -1);
    const forms = [text, encodeURIComponent(text), json, Buffer.from(text).toString('base64')];
    this.secrets = [...new Set([...this.secrets, ...forms])].sort((a, b) => b.length - a.length);
  }

  /** Bound, so that it can be handed on as a function. */
  readonly redact = (text: string): string => {
    let clean = text;
    for (const secret of this.secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, '[redacted]');
    return clean;
  };
}
