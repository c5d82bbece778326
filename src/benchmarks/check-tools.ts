/** What the tools of a benchmark file must be, checked when it is defined: a slip is named here, before an endpoint refuses the request. */

import { NelError } from '../core/errors.js';
import { isJson, isJsonObject } from '../core/json.js';
import { didYouMean } from '../core/nearest.js';

const MEMBERS = ['name', 'description', 'parameters', 'run'];
/** What the chat-completions protocol takes for the name of a function. */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** @throws NelError of kind `config` that names the tool and what is wrong with it */
export function checkTools(tools: unknown, benchmark: string): void {
  const fail = (message: string): never => {
    throw new NelError('config', `benchmark "${benchmark}": ${message}`, {
      hint: 'A tool is {name, description, parameters: a JSON Schema, run: (args, row) => text}.',
    });
  };
  if (!Array.isArray(tools)) return fail('tools must be a list');
  const names = new Set<string>();
  for (const [i, tool] of (tools as unknown[]).entries()) {
    if (!isJsonObject(tool)) return fail(`tools[${i}] must be an object`);
    const { name, description, parameters, run } = tool;
    if (typeof name !== 'string' || !NAME.test(name)) {
      return fail(`tools[${i}].name must be 1 to 64 letters, digits, "_" and "-", not ${JSON.stringify(name) ?? 'missing'}`);
    }
    const stray = Object.keys(tool).find((key) => !MEMBERS.includes(key));
    if (stray !== undefined) fail(`the tool ${name} has an unknown member "${stray}"${didYouMean(stray, MEMBERS)}`);
    if (names.has(name)) fail(`two tools are called ${name}`);
    names.add(name);
    if (typeof description !== 'string') fail(`the tool ${name} has no description`);
    if (typeof run !== 'function') fail(`the tool ${name} has no function run`);
    if (!isJsonObject(parameters) || !isJson(parameters)) fail(`parameters of the tool ${name} must be a JSON Schema`);
  }
}
