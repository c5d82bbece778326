/** docs/reference/config.md: the config's reference, generated from the schema so that the two cannot drift. */

import { describeType, evalConfigJsonSchema, formName, formsOf, type JsonSchema } from './json-schema.js';

const INTRO = `# Config reference

<!-- Generated from src/config/schema.ts by \`node scripts/docs.mjs\`; edit there. -->

What \`nel eval run FILE\` reads. Every key is optional unless it is marked *required*, but a service needs a url and a model
from somewhere. Keys that are not listed here are errors.

**What wins**: a flag, then the file, then the environment, then the default. A flag that changes a value of the file is
printed with the line that it overrides. \`--temperature\`, \`--top-p\`, \`--max-tokens\` and \`--seed\` also win over a
benchmark's own \`generation\`.

**Environment**: \`NEMO_MODEL_URL\` and \`NEMO_MODEL_ID\` stand in for a url or model that neither flag nor file gives. For an
endpoint named that way or by \`--model-url\`, the API key is \`NEMO_API_KEY\`, else \`NVIDIA_API_KEY\`. An endpoint whose url
is in the file is sent a key only if its \`api_key\` names one. Only the names of key variables are recorded, never a key.

**Variables**: \`\${NAME}\` and \`\${NAME:-default}\` are expanded in \`url\`, \`model\`, a benchmark's \`name\` and \`output.dir\`.
A variable that is not set is an error, and so is one that is named like a credential, as these values are recorded.

**Sampling settings** that nobody gives are not sent: nel sets no temperature of its own, because that would also replace
what a benchmark's authors prescribe, and some models refuse it.

**Editors** complete and check a file that begins with
\`# yaml-language-server: $schema=PATH/schemas/eval-config.schema.json\`.
`;

/** The whole page as Markdown, ending in a line break. */
export function configReference(): string {
  const sections: string[] = [];
  addSection(evalConfigJsonSchema(), '', sections, new Map());
  return `${INTRO}\n${sections.join('\n')}`;
}

/** A table for one mapping, then one for each mapping inside it; keys that were described before are pointed to. */
function addSection(schema: JsonSchema, path: string, sections: string[], described: Map<string, string>): void {
  const properties = Object.entries(schema.properties ?? {});
  const keys = JSON.stringify(schema.properties);
  const before = described.get(keys);
  if (before !== undefined) {
    sections.push(`## \`${path}\`\n\nThe keys of \`${before}\`.\n`);
    return;
  }
  described.set(keys, path);
  const rows = properties.map(([key, value]) => {
    const name = `\`${key}\`${schema.required?.includes(key) ? ' (*required*)' : ''}`;
    return `| ${name} | ${cell(typeOf(value))} | ${cell(defaultOf(value))} | ${cell(value.description ?? '')} |`;
  });
  const title = path === '' ? '## Top level' : `## \`${path}\``;
  sections.push([title, '', '| Key | Value | Default | Meaning |', '|---|---|---|---|', ...rows, ''].join('\n'));
  for (const [key, value] of properties) {
    for (const { schema: inner, suffix } of innerMappings(value)) {
      addSection(inner, `${path === '' ? '' : `${path}.`}${key}${suffix}`, sections, described);
    }
  }
}

interface Inner {
  readonly schema: JsonSchema;
  readonly suffix: string;
}

/** The mappings that a field, the items of a list or the values of a mapping by name consist of; several where a `type` tells them apart. */
function innerMappings(schema: JsonSchema): readonly Inner[] {
  const forms = (value: JsonSchema, suffix: string): readonly Inner[] =>
    value.properties
      ? [{ schema: value, suffix }]
      : formsOf(value).map((form) => ({ schema: form, suffix: `${suffix} (${formName(form) ?? 'any other type'})` }));
  const own = forms(schema, '');
  if (own.length > 0) return own;
  if (schema.items) return forms(schema.items, '[]');
  const named = schema.additionalProperties;
  return typeof named === 'object' ? forms(named, '.<name>') : [];
}

function typeOf(schema: JsonSchema): string {
  const [inner] = innerMappings(schema);
  if (inner === undefined) return describeType(schema);
  if (inner.suffix.startsWith('[]')) return 'a list of mappings';
  return inner.suffix.startsWith('.<name>') ? 'a mapping of names to mappings' : 'a mapping';
}

function defaultOf(schema: JsonSchema): string {
  return schema.default === undefined ? '' : `\`${typeof schema.default === 'string' ? schema.default : JSON.stringify(schema.default)}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
