/** `npm run build`: compiles src/ to dist/ and bundles the workflows, so that what runs is what was tested. */

import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { sourceHash, writeStamp } from './build-stamp.mjs';

const root = path.resolve(import.meta.dirname, '..');
// Taken first: what changes from now on is for the next build.
const hash = sourceHash();
removeOrphans();
const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
// tsc has said what is wrong.
if (status !== 0) process.exit(1);
chmodSync(path.join(root, 'dist/cli/main.js'), 0o755);

const { code } = await bundleWorkflowCode({
  workflowsPath: path.join(root, 'dist/workflows/index.js'),
  failureConverterPath: path.join(root, 'dist/workflows/failure-converter.js'),
  logger: new DefaultLogger('WARN'),
});
const target = path.join(root, 'dist/workflow-bundle.js');
const plain = code.replace(
  /(sourceMappingURL=data:application\/json;[^,]*,)([A-Za-z0-9+/=]+)/,
  (_, head, base64) => head + portableMap(base64),
);
let before;
try {
  before = readFileSync(target, 'utf8');
} catch {}
if (before !== plain) writeFileSync(target, plain);
writeStamp(hash);

/** Output of sources that are gone: tsc leaves it, and it would be shipped. */
function removeOrphans() {
  const dist = path.join(root, 'dist');
  if (!existsSync(dist)) return;
  for (const file of readdirSync(dist, { recursive: true })) {
    const stem = /^(.+)\.(?:d\.ts|js\.map|js)$/.exec(file)?.[1];
    if (stem === undefined || stem === 'workflow-bundle' || existsSync(path.join(root, 'src', `${stem}.ts`))) continue;
    rmSync(path.join(dist, file));
  }
}

/** The worker insists on an inlined source map; webpack's names this machine's folders, so every checkout would get another bundle hash. */
function portableMap(base64) {
  const map = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  const { sourcesContent: _, ...rest } = map;
  const sources = map.sources.map((source) => source.replaceAll(root, '').replace(/^.*node_modules/, 'node_modules'));
  return Buffer.from(JSON.stringify({ ...rest, sources })).toString('base64');
}
