/** The workflow bundle's entry: one export a workflow. */

export { gate } from './gate.js';
export { nightly } from './nightly.js';
export { runBenchmark } from './run-benchmark.js';
export { runShard } from './run-shard.js';
export { runSuite } from './run-suite.js';
export { slurmRun } from './slurm-run.js';
