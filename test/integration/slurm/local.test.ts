/** The shell on this machine, and folders copied over any shell. */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLocalShell } from '../../../src/adapters/clusters/local/shell.js';
import { absoluteWorkdir, downloadFolder, openClusterShell } from '../../../src/adapters/clusters/open.js';
import { ClusterUnreachable } from '../../../src/core/cluster.js';

let work: string;
beforeEach(() => {
  work = mkdtempSync(path.join(os.tmpdir(), 'nel-local-'));
});
afterEach(() => rmSync(work, { recursive: true }));

describe('the shell on this machine', () => {
  it('hands on arguments, input, both outputs and the exit code', async () => {
    const shell = openClusterShell({ ssh: null });
    expect(await shell.run(['bash', '-c', 'cat; printf "%s|" "$@" >&2; exit 7', 'x', "a 'b", ''], { stdin: 'in' })).toEqual({
      code: 7,
      stdout: 'in',
      stderr: "a 'b||",
    });
  });

  it('gives commands no variable that could be a secret', async () => {
    const shell = createLocalShell({ env: { PATH: process.env['PATH'], HOME: work, OPENAI_API_KEY: 'x', SLURM_CONF: '/s', LC_ALL: 'C' } });
    const { stdout } = await shell.run(['env']);
    const names = new Set(stdout.split('\n').flatMap((line) => (/^[A-Z]/.test(line) ? [line.split('=', 1)[0]] : [])));
    expect(names).toEqual(new Set(['HOME', 'LC_ALL', 'PATH', 'SLURM_CONF']));
  });

  it('ends commands that are aborted, take too long or are not there', async () => {
    const shell = createLocalShell();
    await expect(shell.run(['sleep', '30'], { timeoutMs: 200 })).rejects.toThrow(ClusterUnreachable);
    await expect(shell.run(['sleep', '30'], { signal: AbortSignal.timeout(200) })).rejects.toThrow('aborted');
    await expect(shell.run(['nel-no-such-program'])).rejects.toThrow('nel-no-such-program is not on this machine');
  });

  it('writes and copies files whole, with their mode', async () => {
    const shell = createLocalShell({ env: { HOME: work } });
    await shell.write('text', '~/deep/secret', { mode: 0o600 });
    const file = path.join(work, 'deep/secret');
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777]).toEqual(['text', 0o600]);
    await shell.upload(file, path.join(work, 'up/there'));
    await shell.download(path.join(work, 'up/there'), path.join(work, 'down/here'));
    expect(readFileSync(path.join(work, 'down/here'), 'utf8')).toBe('text');
    expect(readdirSync(path.join(work, 'deep'))).toEqual(['secret']);
    await expect(shell.download(path.join(work, 'none'), file)).rejects.toThrow('there is no such file');
  });
});

describe('absoluteWorkdir', () => {
  it('leads below the home directory or stays as it is', async () => {
    const shell = createLocalShell({ env: { PATH: process.env['PATH'], HOME: '/home/ada' } });
    expect(await absoluteWorkdir(shell, '~/runs/1')).toBe('/home/ada/runs/1');
    expect(await absoluteWorkdir(shell, '/lustre/1')).toBe('/lustre/1');
    await expect(absoluteWorkdir(shell, 'runs')).rejects.toThrow('is not absolute');
  });
});

describe('downloadFolder', () => {
  it('copies what is asked for, and the same again', async () => {
    const from = path.join(work, 'from');
    for (const name of ['shard_0/results.jsonl', 'shard_0/journal/1.jsonl', 'shard_1/results.jsonl', 'logs/x']) {
      mkdirSync(path.dirname(path.join(from, name)), { recursive: true });
      writeFileSync(path.join(from, name), name);
    }
    const shell = createLocalShell();
    const options = { remoteFolder: from, localFolder: path.join(work, 'to'), include: (file: string) => file.startsWith('shard_') };
    expect(await downloadFolder(shell, options)).toBe(3);
    writeFileSync(path.join(from, 'shard_1/results.jsonl'), 'more than before');
    expect(await downloadFolder(shell, options)).toBe(3);
    expect((await shell.list(path.join(work, 'to'))).map(({ path: file }) => file)).toEqual([
      'shard_0/journal/1.jsonl',
      'shard_0/results.jsonl',
      'shard_1/results.jsonl',
    ]);
    expect(readFileSync(path.join(work, 'to/shard_1/results.jsonl'), 'utf8')).toBe('more than before');
  });
});
