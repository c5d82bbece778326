import { chmodSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cacheDirectory, makePrivateFolder, serverFolder, socketFolders, stateDirectory } from '../../../../src/client/embedded/paths.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'nel-paths-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the state directory', () => {
  it('is NEL_STATE_DIR, else under XDG_STATE_HOME, else under the home folder', () => {
    const home = { HOME: '/home/a' };
    expect(stateDirectory({ ...home, XDG_STATE_HOME: '/x', NEL_STATE_DIR: '/n' })).toBe('/n');
    expect(stateDirectory({ ...home, XDG_STATE_HOME: '/x' })).toBe('/x/nel');
    expect(stateDirectory(home)).toBe('/home/a/.local/state/nel');
  });

  it('takes an empty variable for an unset one', () => {
    expect(stateDirectory({ HOME: '/home/a', XDG_STATE_HOME: '', NEL_STATE_DIR: '' })).toBe('/home/a/.local/state/nel');
    expect(cacheDirectory({ HOME: '/home/a', XDG_CACHE_HOME: '' })).toBe('/home/a/.cache/nel');
  });

  it('is absolute when NEL_STATE_DIR is not', () => {
    expect(stateDirectory({ NEL_STATE_DIR: 'state' })).toBe(path.resolve('state'));
  });
});

describe('the folder of a server', () => {
  it('is one a host, since home folders are shared between hosts and the server is not', () => {
    expect(serverFolder('/s', 'linux', 'login1.cluster.example')).toBe('/s/temporal/login1');
    expect(serverFolder('/s', 'linux', 'login2.cluster.example')).toBe('/s/temporal/login2');
  });

  it('does not follow a host name out of the state directory', () => {
    expect(serverFolder('/s', 'linux', '../../etc')).toBe('/s/temporal/local');
  });

  it('does not change with the host name of a Mac, which changes with the network', () => {
    expect(serverFolder('/s', 'darwin', 'anything.lan')).toBe('/s/temporal');
  });
});

describe('the folders for the control socket', () => {
  const longest = `/${'a'.repeat(84)}`;

  it('begin with the state folder while the path is short enough', () => {
    expect(socketFolders('/s/temporal/h', '/tmp', 1)[0]).toBe('/s/temporal/h');
    expect(socketFolders(longest.slice(0, -1), '/tmp', 1)[0]).toBe(longest.slice(0, -1));
  });

  it('are short ones of this user and state folder where it is too long, counted in bytes', () => {
    for (const folder of [`${longest}a`, `/${'ä'.repeat(60)}`]) {
      const folders = socketFolders(folder, '/tmp', 1234);
      expect(folders).toHaveLength(1);
      expect(folders[0]).toMatch(/^\/tmp\/nel-1234-[0-9a-f]{16}$/);
    }
    expect(socketFolders(`${longest}a`, '/tmp', 1)).not.toEqual(socketFolders(`${longest}b`, '/tmp', 1));
  });

  it('fall back to /tmp where the temporary directory is too long as well', () => {
    expect(socketFolders(`${longest}a`, longest, 1)[0]).toMatch(/^\/tmp\/nel-1-/);
  });
});

describe('a private folder', () => {
  it('is closed to others, also when it existed and was open', () => {
    const folder = path.join(scratch, 'a', 'b');
    makePrivateFolder(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    chmodSync(folder, 0o755);
    makePrivateFolder(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('is no link that somebody else laid', () => {
    const link = path.join(scratch, 'link');
    symlinkSync(scratch, link);
    expect(() => makePrivateFolder(link)).toThrow(`${link} is not a folder of this user`);
  });
});
