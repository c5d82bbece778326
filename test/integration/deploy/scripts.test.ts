/** The shell scripts inside YAML files and the pipelines' own schemas. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../temporary-folder.js';
import { tools } from '../../test-tools.js';
import { COMPOSE_FILES, GITHUB, GITLAB, run, yamlDocuments } from './files.js';

const checks = tools('checks');
const tool = (name: string): string => path.join(checks.folder as string, name);

interface Script {
  readonly name: string;
  readonly shell: 'sh' | 'bash';
  readonly text: string;
}

/** Shell scripts of all files: each `script` of a GitLab job, each `run` of a workflow, each command that a compose service gives to a shell. */
function scripts(): Script[] {
  return [...gitlabScripts(), ...workflowScripts(), ...COMPOSE_FILES.flatMap(composeScripts)];
}

function gitlabScripts(): Script[] {
  const jobs = yamlDocuments<Record<string, { script?: string[] }>>(GITLAB)[0] ?? {};
  return Object.entries(jobs).flatMap(([name, { script }]) =>
    script === undefined ? [] : [{ name: `${GITLAB} ${name}`, shell: 'sh' as const, text: script.join('\n') }],
  );
}

function workflowScripts(): Script[] {
  const { jobs } = yamlDocuments<{ jobs: Record<string, { steps: { name?: string; run?: string }[] }> }>(GITHUB)[0] ?? { jobs: {} };
  return Object.values(jobs).flatMap(({ steps }) =>
    steps.flatMap(({ name, run: text }) => (text === undefined ? [] : [{ name: `${GITHUB} ${name}`, shell: 'bash' as const, text }])),
  );
}

function composeScripts(file: string): Script[] {
  const { services } = yamlDocuments<{ services: Record<string, { entrypoint?: string[]; command?: string[] }> }>(file)[0] ?? {
    services: {},
  };
  return Object.entries(services).flatMap(([name, { entrypoint, command = [] }]) =>
    // Compose reads $$ as $.
    entrypoint?.[0] === '/bin/sh'
      ? [{ name: `${file} ${name}`, shell: 'sh' as const, text: command.join('\n').replaceAll('$$', '$') }]
      : [],
  );
}

describe.skipIf(checks.folder === null)(`shellcheck${checks.hint}`, () => {
  it.each(scripts().map((script) => [script.name, script] as const))('finds nothing in %s', async (_name, { shell, text }) => {
    const file = path.join(temporaryFolder('deploy'), 'script.sh');
    writeFileSync(file, text);
    const { code, output } = await run(tool('shellcheck'), [`--shell=${shell}`, '--severity=style', file]);
    expect(output).toBe('');
    expect(code).toBe(0);
  });

  it('would find a word that is split by mistake', async () => {
    const file = path.join(temporaryFolder('deploy'), 'script.sh');
    writeFileSync(file, 'rm $1\n');
    const { code } = await run(tool('shellcheck'), ['--shell=sh', file]);
    expect(code).toBe(1);
  });
});

it('finds all scripts', () => {
  expect(scripts().map(({ name }) => name)).toEqual([
    `${GITLAB} .nel:eval`,
    `${GITLAB} regression:check`,
    `${GITHUB} Evaluate`,
    `${GITHUB} Both sides are evaluated`,
    `${GITHUB} Compare and decide`,
    'docker-compose.yaml temporal-schema',
    'docker-compose.yaml temporal-namespace',
  ]);
});

describe.skipIf(checks.folder === null)(`the pipelines${checks.hint}`, () => {
  it.each([
    [GITLAB, ['--builtin-schema', 'vendor.gitlab-ci', '--data-transform', 'gitlab-ci']],
    [GITHUB, ['--builtin-schema', 'vendor.github-workflows']],
  ])('%s is valid by its schema', async (file, args) => {
    const { code, output } = await run(tool('check-jsonschema'), [...args, file]);
    expect(code, output).toBe(0);
  });
});
