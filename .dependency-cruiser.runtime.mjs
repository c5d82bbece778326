/** A second look at the imports, as they are when the code runs: without those of types. */

import { options } from './.dependency-cruiser.mjs';

/** dependency-cruiser reads the default export. */
export default {
  forbidden: [
    {
      severity: 'error',
      name: 'no-zod-in-workflows',
      comment: 'a ZodError thrown in a workflow hangs its task, and zod doubles the bundle: validate at the edges',
      from: { path: '^src/workflows/' },
      to: { path: '^node_modules/zod/', reachable: true },
    },
  ],
  options: { ...options, tsPreCompilationDeps: false },
};
