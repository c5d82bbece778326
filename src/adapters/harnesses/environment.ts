/** What a harness gets of our environment: what programs need to work, never our keys; and where its program is. */

import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { NelError } from '../../core/errors.js';

export type Env = Readonly<Record<string, string | undefined>>;

/** Paths, languages, proxies, certificates, caches and Python's own settings; the Hub's token, for gated data sets. */
const PASSED =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|TZ|TERM|TMPDIR|TEMP|TMP|LC_.*|XDG_.*|(https?|no|all)_proxy|SSL_CERT_.*|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|HF_.*|HUGGINGFACE_HUB_.*|TRANSFORMERS_.*|TOKENIZERS_.*|DATASETS_.*|NLTK_DATA|LMEVAL_.*|PYTHON.*|VIRTUAL_ENV|CONDA_.*|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|CUDA_VISIBLE_DEVICES|OMP_NUM_THREADS|OPENBLAS_NUM_THREADS|MKL_NUM_THREADS|SYSTEMROOT)$/i;

/** By this name programs for OpenAI's protocol look for their key. */
const KEY_VARIABLE = 'OPENAI_API_KEY';

/**
 * @param names variables that the config passes on as well
 * @param apiKey of the endpoint; null: none
 * @throws NelError of kind `config` for one of them that is not set
 */
export function harnessEnvironment(env: Env, names: readonly string[], apiKey: string | null): Record<string, string> {
  const passed: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && PASSED.test(name)) passed[name] = value;
  for (const name of names) {
    const value = env[name];
    if (value === undefined) {
      throw new NelError('config', `the harness is to get the environment variable ${name}, which is not set`, {
        hint: `export ${name}=…, or take it out of the benchmark's harness.env.`,
      });
    }
    passed[name] = value;
  }
  if (apiKey !== null) passed[KEY_VARIABLE] = apiKey;
  return { ...passed, PYTHONUNBUFFERED: '1' };
}

/** Values of an environment that are credentials by their names. */
export function credentialsIn(environment: Readonly<Record<string, string>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) => (/key|token|secret|passw|credential/i.test(name) ? [value] : []));
}

/** The first executable of one of these names on PATH; a name with a slash is a path. */
export function findProgram(names: readonly string[], env: Env, cwd: string): string | undefined {
  const folders = (env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return names
    .flatMap((name) => (name.includes('/') ? [path.resolve(cwd, name)] : folders.map((folder) => path.join(folder, name))))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
