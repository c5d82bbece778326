/** What a secret is called and looks like: the rules by which config refuses to record one, and the form in which a file names one. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** `${NAME}`, or `${NAME:-}` for a key that may be missing. A default with text in it would be a key in the file. */
export const API_KEY_PATTERN = /^\$\{[A-Za-z_][A-Za-z0-9_]*(:-)?\}$/;

/** The variable that an `api_key` of a checked file names, and whether the key may be missing. */
export function parseApiKey(text: string): { variable: string; optional: boolean } {
  const optional = text.endsWith(':-}');
  return { variable: text.slice(2, optional ? -3 : -1), optional };
}

/** Whether a name of a variable, query parameter or body member says that its value is a credential. */
export function isSecretName(name: string): boolean {
  return (
    /(^|[_-])(api[_-]?key|key|token|secret|passw(or)?d|credentials?|auth|authorization|sig|signature)$/i.test(name) || /apikey$/i.test(name)
  );
}

/** Whether a text is likely a credential itself, so that no message should repeat it. Errs on the side of yes. */
export function looksLikeSecret(text: string): boolean {
  if (/^(Bearer\s|sk-|sk_|nvapi|hf_|ghp_|github_pat_|xox|glpat|AKIA|eyJ)/i.test(text)) return true;
  return text.length >= 20 && /^[A-Za-z0-9_+/=.-]+$/.test(text) && /[0-9]/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text);
}
