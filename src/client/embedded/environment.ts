/** Which environment variables the embedded server's processes see: short allow-lists, so that no API key of the user's shell ever reaches them. */

type Environment = Readonly<Record<string, string | undefined>>;

/** What a server needs to run. TEMPORAL_* is left out on purpose: it would configure the CLI behind our back. */
const SERVER_VARIABLES = ['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ'];

/** What the tools that fetch the binary need on top: their own settings, proxies and certificates. */
const DOWNLOAD_VARIABLES =
  /^(PIP_.*|UV_.*|PYENV_.*|VIRTUAL_ENV|XDG_.*|NETRC|(HTTP|HTTPS|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE)$/i;

/** The environment of the supervisor and of the server. */
export function serverEnvironment(env: Environment = process.env): Record<string, string> {
  return pick(env, (name) => SERVER_VARIABLES.includes(name));
}

/** The environment of pip, uv and the SDK's download. */
export function downloadEnvironment(env: Environment = process.env): Record<string, string> {
  return pick(env, (name) => SERVER_VARIABLES.includes(name) || DOWNLOAD_VARIABLES.test(name));
}

function pick(env: Environment, wanted: (name: string) => boolean): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && wanted(name)) picked[name] = value;
  }
  return picked;
}
