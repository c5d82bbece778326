/**
 * Completes package-lock.json with the binaries of other platforms. npm leaves out those that a registry mirror does not serve, and then `npm ci`
 * fails everywhere, and a Mac would miss its compiler. To be run after dependencies change; with --check, fails when something is missing.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const FILE = path.resolve(import.meta.dirname, '../package-lock.json');
/** How such packages are named: name-os-cpu, then the C library. */
const PLATFORM = /(android|darwin|freebsd|linux|openharmony|win32)-(arm64|arm|x64|ia32|ppc64|riscv64|s390x)(?:-(\w+))?$/;

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const missing = Object.entries(lock.packages).flatMap(([where, { optionalDependencies = {}, dev }]) =>
  Object.entries(optionalDependencies)
    .filter(([name]) => PLATFORM.test(name) && !isLocked(where, name))
    .map(([name, version]) => ({ name, version, dev })),
);

/** Whether the lock has the package where Node would look for it: beside the one that wants it, or in a folder above. */
function isLocked(where, name) {
  const above = where.split('node_modules/').map((_, depth, parts) => parts.slice(0, depth).join('node_modules/'));
  return [...above, `${where}/`].some((folder) => `${folder}node_modules/${name}` in lock.packages);
}

/** As npm writes it, but for the checksum, which only the registry knows. */
function entry({ name, version, dev }) {
  const [, os, cpu, abi] = PLATFORM.exec(name);
  const libc = os === 'linux' ? { libc: [abi?.startsWith('musl') ? 'musl' : 'glibc'] } : {};
  return { version, cpu: [cpu], ...(dev ? { dev } : {}), ...libc, optional: true, os: [os] };
}

if (process.argv.includes('--check')) {
  for (const { name, version } of missing)
    console.error(`package-lock.json lacks ${name} ${version}: run \`node scripts/lock-platforms.mjs\``);
  if (missing.length > 0) process.exitCode = 1;
} else if (missing.length > 0) {
  for (const wanted of missing) lock.packages[`node_modules/${wanted.name}`] = entry(wanted);
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
  writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
  console.error(`package-lock.json: ${missing.length} packages of other platforms added`);
}
