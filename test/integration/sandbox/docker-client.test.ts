/** The docker sandbox against a stand-in for docker's client: no daemon is needed to see files, input, exit codes and removal. */

import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSandbox } from '../../../src/adapters/sandboxes/open.js';
import { findPythons } from '../../../src/adapters/sandboxes/programs.js';

const python = (await findPythons(process.env))[0]?.executable;

/** Runs what stands behind the image in a folder of this machine; notes every call. */
const CLIENT = `#!PYTHON
import json, os, sys, tempfile
here = os.path.dirname(os.path.abspath(__file__))
words = sys.argv[1:]
open(os.path.join(here, "calls"), "a").write(json.dumps(words[:2] + words[-1:]) + "\\n")
state = json.load(open(os.path.join(here, "state.json")))
if words[0] == "version":
    if not state["daemon"]:
        sys.exit("Cannot connect to the Docker daemon at unix:///var/run/docker.sock.")
    print("27.0")
elif words[0] == "image":
    sys.exit(0 if state["image"] else 1)
elif words[0] == "pull":
    sys.exit("Error response from daemon: no such host")
elif words[0] == "run":
    if state["full"]:
        sys.stderr.write("docker: Error response from daemon: no space left on device.\\n")
        sys.exit(125)
    os.chdir(tempfile.mkdtemp(dir=here))
    at = words.index("--entrypoint")
    os.execv(sys.executable, [sys.executable] + words[at + 3:])
`;

describe.skipIf(python === undefined)(`the docker sandbox${python === undefined ? ' (skipped: install python3)' : ''}`, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'nel-docker-'));
  const env = { PATH: `${folder}:${path.dirname(python ?? '/')}:/usr/bin:/bin`, DOCKER_HOST: 'unix:///nowhere', SECRET: 'do-not-pass' };
  const say = (state: { daemon?: boolean; image?: boolean; full?: boolean }): void =>
    writeFileSync(path.join(folder, 'state.json'), JSON.stringify({ daemon: true, image: true, full: false, ...state }));
  const calls = (): string => readFileSync(path.join(folder, 'calls'), 'utf8');
  const signal = (): AbortSignal => new AbortController().signal;

  beforeAll(() => {
    writeFileSync(path.join(folder, 'docker'), CLIENT.replace('PYTHON', python ?? ''));
    chmodSync(path.join(folder, 'docker'), 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('hands over files and input, whatever is in them', async () => {
    say({});
    const sandbox = await openSandbox({ type: 'docker', env });
    const code = 'import os, sys\nprint(open("data/a").read(), sys.stdin.read(), os.environ.get("SECRET"))';
    const files = { 'main.py': code, 'data/a': 'größe\n\ud800' };
    expect(await sandbox.run({ files, command: ['python3', 'main.py'], stdin: '7\n{"x"' }, signal())).toMatchObject({
      exit_code: 0,
      stdout: 'größe\n? 7\n{"x" None\n',
    });
  });

  it('gives the exit code of the program', async () => {
    say({});
    const sandbox = await openSandbox({ type: 'docker', env });
    expect(await sandbox.run({ files: {}, command: ['python3', '-c', 'raise SystemExit(125)'] }, signal())).toMatchObject({
      exit_code: 125,
    });
  });

  it('removes the container when the time is up', async () => {
    say({});
    const sandbox = await openSandbox({ type: 'docker', env });
    const job = { files: {}, command: ['python3', '-c', 'import time; time.sleep(30)'], limits: { wall_seconds: 0.5 } };
    expect(await sandbox.run(job, signal())).toMatchObject({ timed_out: true });
    expect(calls()).toMatch(/\["rm", "--force", "nel-sandbox-[-0-9a-f]+"\]/);
  });

  it('throws where docker fails during a run', async () => {
    say({});
    const sandbox = await openSandbox({ type: 'docker', env });
    say({ full: true });
    await expect(sandbox.run({ files: {}, command: ['true'] }, signal())).rejects.toMatchObject({
      kind: 'run',
      message: expect.stringContaining('no space left'),
    });
  });

  it('is not there where the daemon does not answer', async () => {
    say({ daemon: false });
    await expect(openSandbox({ type: 'docker', env })).rejects.toMatchObject({
      kind: 'run',
      message: expect.stringContaining("docker's daemon does not answer: Cannot connect"),
    });
  });

  it('says that an image cannot be pulled', async () => {
    say({ image: false });
    await expect(openSandbox({ type: 'docker', image: 'mine:1', env })).rejects.toMatchObject({
      message: expect.stringContaining('mine:1 cannot be pulled: Error response from daemon: no such host'),
    });
  });
});
