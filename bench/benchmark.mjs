/** A benchmark of NEL_BENCH_SAMPLES short problems, so that a run's own cost is all there is to measure. */

import { defineBenchmark, numericMatch } from 'nel';

const samples = Number(process.env.NEL_BENCH_SAMPLES ?? 1000);

export const bench = defineBenchmark({
  name: 'bench',
  description: 'short problems with one answer',
  dataset: Array.from({ length: samples }, (_, i) => ({ i, n: 2 * i, answer: '12' })),
  prompt: 'Problem {i}: half of {n} apples and half of them again?',
  targetField: 'answer',
  scorer: numericMatch(),
});
