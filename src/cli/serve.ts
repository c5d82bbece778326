/** `nel serve`: a benchmark as an HTTP environment, for `gym://`, NeMo Gym's collector and trainers. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { NelError } from '../core/errors.js';
import { SANDBOX_TYPES, type SandboxType } from '../core/sandbox.js';

export interface ServeOptions {
  readonly bench: string;
  readonly config?: string;
  readonly param?: readonly string[];
  readonly port: number;
  readonly host: string;
  readonly gymCompat?: boolean;
  readonly exportData?: string;
  readonly tokenEnv?: string;
  readonly insecure?: boolean;
  readonly outputDir?: string;
  readonly maxProblems?: number;
  readonly systemPrompt?: string;
  readonly maxConcurrent?: number;
  readonly sandbox?: SandboxType;
  readonly slurm?: boolean;
  readonly dryRun?: boolean;
}

export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('serve a benchmark over HTTP: problems and verdicts, for gym:// and for NeMo Gym')
    .requiredOption('-b, --bench <name>', 'a built-in benchmark or a .ts/.js file')
    .option('-c, --config <file>', "the benchmark's parameters, metrics, judges and sandbox, as for `nel eval run`")
    .option('--port <n>', 'port; 0 takes any free one', integer(0, 65_535), 9090)
    .option('--host <address>', 'address to bind', '127.0.0.1')
    .option('--gym-compat', "take bodies that could be either protocol's for NeMo Gym's")
    .option('--export-data <dir>', "write DIR/<benchmark>.jsonl, the rows that NeMo Gym's collector reads")
    .option('--token-env <name>', 'variable with the bearer token that clients must send')
    .option('--insecure', 'bind an address that other machines reach without asking for a token')
    .option('-o, --output-dir <dir>', 'write endpoint.txt there while the port is open')
    .option('--max-problems <n>', 'only the first n problems', integer(1, Number.MAX_SAFE_INTEGER))
    .option('--system-prompt <text>', "in place of the benchmark's own")
    .option('--param <name=value>', 'a parameter of the benchmark, such as shots=5; can be repeated', (value, earlier: string[] = []) => [
      ...earlier,
      value,
    ])
    .option('--max-concurrent <n>', 'answers judged at once (default: 32, or what its judges take)', integer(1, 100_000))
    .addOption(new Option('--sandbox <type>', 'where answers that are code run; default: the strongest here').choices(SANDBOX_TYPES))
    .option('--slurm', "serve in a job of the config's `cluster`; DIR/endpoint.txt (-o) then leads to it")
    .option('--dry-run', 'with --slurm: write the script to DIR/slurm and submit nothing')
    .addHelpText(
      'after',
      `
Examples:
  $ nel serve -b gsm8k --port 9090
  $ nel eval run --bench gym://127.0.0.1:9090 --repeats 2
  $ nel serve -b ./my_benchmark.ts --gym-compat --export-data ./rows
  $ nel serve -b simpleqa --config judge.yaml
  $ nel serve -b gsm8k --config cluster.yaml --slurm --token-env NEL_TOKEN -o ./server
`,
    )
    .action(async (options: ServeOptions, command: Command) => {
      assertMeant(options, command);
      if (options.slurm) {
        const { serveOnSlurm } = await import('./serve-slurm.js');
        process.exitCode = await serveOnSlurm(options);
        return;
      }
      const { serveCommand } = await import('./serve-run.js');
      process.exitCode = await serveCommand(options);
    });
}

/** @throws NelError of kind `usage` for a flag that would have no effect beside the others */
function assertMeant({ slurm, dryRun }: ServeOptions, command: Command): void {
  if (!slurm) {
    if (dryRun) throw new NelError('usage', '--dry-run goes with --slurm');
    return;
  }
  const elsewhere = { exportData: '--export-data', port: '--port', host: '--host' };
  for (const [option, flag] of Object.entries(elsewhere)) {
    if (command.getOptionValueSource(option) !== 'cli') continue;
    throw new NelError(
      'usage',
      `${flag} does not go with --slurm: the server listens on any free port of its node, and writes its files there`,
      {
        hint: 'Leave it out; rows are exported by `nel serve` without --slurm.',
      },
    );
  }
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max)
      throw new InvalidArgumentError(`a whole number from ${min}${max < 100_001 ? ` to ${max}` : ''} is expected.`);
    return value;
  };
}
