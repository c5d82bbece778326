/** `npm run build`: compiles src/ to dist/ and bundles the workflows, so that what runs is what was tested. */

import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const root = path.resolve(import.meta.dirname, '..');
execFileSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
chmodSync(path.join(root, 'dist/cli/main.js'), 0o755);

const { code } = await bundleWorkflowCode({
  workflowsPath: path.join(root, 'dist/workflows/index.js'),
  failureConverterPath: path.join(root, 'dist/workflows/failure-converter.js'),
  logger: new DefaultLogger('WARN'),
});
const target = path.join(root, 'dist/workflow-bundle.js');
// The map inside names this machine's folders and would give every checkout another hash.
const plain = code.replace(/\n\/\/# sourceMappingURL=data:[^\n]*/g, '');
let before;
try {
  before = readFileSync(target, 'utf8');
} catch {}
if (before !== plain) writeFileSync(target, plain);
