/** API keys by the name of their variable: how a file names one, whether it is set, and what has to be redacted. No value leaves here but by collectSecrets. */

import { didYouMean } from '../core/nearest.js';
import type { RunSpec } from '../core/spec.js';
import type { ParsedConfig } from './load.js';
import { Problems } from './problems.js';
import { type Environment, isSecretName, parseApiKey } from './secret-names.js';

/** Why a variable's value cannot be an API key, or undefined when it can. */
function keyProblem(name: string, env: Environment): string | undefined {
  const value = env[name];
  if (value === undefined || value.trim() === '') {
    const known = Object.keys(env).filter((other) => other !== name && isSecretName(other));
    return `the environment variable ${name} is ${value === undefined ? 'not set' : 'empty'}${didYouMean(name, known)}`;
  }
  // An HTTP client that refuses such a header may quote it in its error.
  if (!/^[\x21-\x7e]+$/.test(value))
    return `the environment variable ${name} holds a line break, white space or a character that no API key has`;
  return undefined;
}

/**
 * Checks that every variable that a spec names for an API key holds one. Of a run on Kubernetes nothing is checked: its Pods take their keys
 * from Secrets of the cluster, and nobody else calls a model.
 *
 * @param file the config that the spec came from, for the line of the error; without it (a resumed run) only names are given
 * @throws NelError of kind config that names the variable, never its value
 */
export function checkSecrets(spec: RunSpec, env: Environment, file?: ParsedConfig): void {
  if (spec.cluster?.type === 'kubernetes') return;
  const problems = new Problems();
  for (const [name, service] of Object.entries(spec.services)) {
    const variable = service.api_key_env;
    const problem = variable === null ? undefined : keyProblem(variable, env);
    if (problem === undefined) continue;
    const written = file?.config.services?.[name]?.api_key;
    // --api-key-env may have won over the file's line.
    const inFile = written !== undefined && parseApiKey(written).variable === variable;
    problems.add({
      kind: 'config',
      message: `services.${name}${inFile ? '.api_key' : ''}: ${problem}`,
      at: inFile ? file?.positionOf(['services', name, 'api_key']) : undefined,
      hint: `It has to hold the API key for ${service.url}: export ${variable}=…`,
    });
  }
  problems.throwIfAny();
}

/** The values of all API keys of a spec, each once: what redaction has to find. Unset variables are left out. */
export function collectSecrets(spec: RunSpec, env: Environment): string[] {
  const names = Object.values(spec.services).map((service) => service.api_key_env);
  const values = names.map((name) => (name === null ? '' : (env[name] ?? '').trim()));
  return [...new Set(values)].filter((value) => value !== '');
}
