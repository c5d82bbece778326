/** The command line as commander knows it: what `nel` parses, and what docs/reference/cli.md is generated from. */

import { Command } from 'commander';
import { NEL_VERSION } from '../client/version.js';
import { registerCompare } from './compare.js';
import { registerDemo } from './demo.js';
import { registerEval } from './eval.js';
import { registerGate } from './gate.js';
import { registerList } from './list.js';
import { registerRescore } from './rescore.js';
import { registerRuns } from './runs.js';
import { registerSchedule } from './schedule.js';
import { registerServe } from './serve.js';
import { registerTemporal } from './temporal.js';
import { registerValidate } from './validate.js';
import { registerWorker } from './worker.js';

/** All commands with their flags; what they do is loaded when one runs. */
export function buildProgram(): Command {
  const program = new Command('nel')
    .description('evaluate language models on benchmarks, compare runs, decide releases')
    .version(NEL_VERSION)
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({ helpWidth: Math.min(process.stdout.columns ?? 80, 100) });
  registerEval(program);
  registerCompare(program);
  registerGate(program);
  registerRescore(program);
  registerValidate(program);
  registerList(program);
  registerServe(program);
  registerRuns(program);
  registerSchedule(program);
  registerWorker(program);
  registerTemporal(program);
  registerDemo(program);
  return program;
}
