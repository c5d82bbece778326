/** `nel eval`: the flags of its commands. The work is in modules that are loaded when a command runs. */

import { type Command, InvalidArgumentError } from 'commander';
import type { RunFlags } from '../config/flags.js';

/** Parses a flag's number; commander names the flag in the message. */
function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('a number is expected.');
  return value;
}

function append(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

/** Options of `nel eval run` beyond those that change the config. */
export interface EvalRunOptions extends RunFlags {
  readonly resume?: boolean;
  readonly dryRun?: boolean;
  /** `3/16`. */
  readonly shard?: string;
}

export function registerEval(program: Command): void {
  const evaluation = program.command('eval').description('run evaluations');
  evaluation
    .command('run')
    .description('evaluate a model on benchmarks: from flags, from a YAML config, or both')
    .argument('[config]', 'eval_config.yaml; flags override it')
    .option('-b, --bench <name>', 'benchmark: a built-in name or a .ts/.js file; can be repeated', append)
    .option('--repeats <n>', 'answers per problem', number)
    .option('--max-problems <n>', 'only the first n problems', number)
    .option('-o, --output-dir <dir>', 'where all files go: a folder, or s3://bucket/prefix (default: ./results)')
    .option('--resume', 'try the errors of a finished run again; an unfinished run is gone on with anyway')
    .option('--shard <i/n>', 'evaluate shard i of n, from 0, without a server (env NEL_SHARD_IDX, NEL_TOTAL_SHARDS, or a Slurm array)')
    .option('--dry-run', 'print the resolved config and what would run, then stop')
    .option('--model-url <url>', 'endpoint, with or without /chat/completions (env NEMO_MODEL_URL)')
    .option('--model-id <id>', 'model name in requests (env NEMO_MODEL_ID)')
    .option('--api-key-env <name>', 'variable with the API key (default: NEMO_API_KEY or NVIDIA_API_KEY)')
    .option('--protocol <name>', 'chat_completions or completions')
    .option('--temperature <t>', 'sampling temperature', number)
    .option('--top-p <p>', 'nucleus sampling', number)
    .option('--max-tokens <n>', 'most tokens an answer may have', number)
    .option('--seed <n>', 'sampling seed; repeat r is sent n + r', number)
    .option('--system-prompt <text>', 'system message before each problem')
    .option('--param <name=value>', 'a parameter of the benchmark, such as shots=5; can be repeated', append)
    .option('--solver <name>', 'simple, vlm, tool_calling, oracle (a self-test), replay')
    .option('--replay <file>', 'recorded answers (.jsonl) in place of a model')
    .option('--sandbox <type>', 'where generated code runs: bubblewrap, docker, process')
    .option('--concurrency <n>', 'most calls in flight at an endpoint', number)
    .option('--request-timeout <s>', 'seconds until an attempt is given up', number)
    .option('--max-retries <n>', 'attempts beyond the first', number)
    .option('--max-error-rate <share>', 'above it the run fails (default: 0.01)', number)
    .addHelpText(
      'after',
      `
Examples:
  $ nel eval run --bench gsm8k --repeats 4 --max-problems 100 -o ./results
  $ nel eval run eval_config.yaml --resume
  $ nel eval run eval_config.yaml --shard 3/16 -o ./results`,
    )
    .action(async (config: string | undefined, options: EvalRunOptions) => {
      const { evalRun } = await import('./eval-run.js');
      process.exitCode = await evalRun(config, options);
    });
  evaluation
    .command('shard')
    .description('one shard of a run that was planned elsewhere: what the jobs of a cluster call')
    .argument('<run.json>', 'the run; NEL_SHARD_IDX and NEL_TOTAL_SHARDS say which shard')
    .requiredOption('-o, --output-dir <dir>', 'where shard_<i> goes')
    .option('--resume', 'try the errors of a complete shard again')
    .action(async (file: string, options: { readonly outputDir: string; readonly resume?: boolean }) => {
      const { evalPlannedShard } = await import('./eval-shard.js');
      process.exitCode = await evalPlannedShard(file, options.outputDir, options.resume ?? false);
    });
  evaluation
    .command('merge')
    .description('make the artifacts of the whole run from its shards')
    .argument('<dir>', 'output directory that holds shard_0, shard_1, …')
    .option('--allow-partial', 'merge what is there; the bundle says what is missing')
    .action(async (dir: string, options: { readonly allowPartial?: boolean }) => {
      const { evalMerge } = await import('./eval-merge.js');
      process.exitCode = await evalMerge(dir, options.allowPartial ?? false);
    });
}
