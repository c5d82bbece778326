/**
 * What `nel demo` does: serves the practice models from this process and runs the real commands against them, each in a process of its
 * own and printed as a person would type it.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverStatus } from '../client/embedded/server.js';
import { NelError } from '../core/errors.js';
import { startPracticeEndpoint } from '../practice/endpoint.js';
import type { DemoOptions } from './demo.js';
import { EXIT } from './exit-codes.js';
import { shellQuote } from './resume-command.js';
import { shortPath } from './show-result.js';

const SERVE_PORT = 8899;
const WIDTH = 80;
const BENCHMARKS = ['practice_arithmetic', 'practice_facts', 'practice_units'];
const CLI = fileURLToPath(new URL('main.js', import.meta.url));

/** What the candidate may lose; one benchmark of each tier. */
const POLICY = `# What a candidate may lose against its baseline. Written by \`nel demo\`.
version: 1
defaults:
  metric: mean_reward
  max_drop: 0.05
benchmarks:
  practice_arithmetic:
    tier: critical
  practice_facts:
    tier: supporting
  practice_units:
    tier: advisory
`;

const VERDICTS: Readonly<Record<number, string>> = { [EXIT.OK]: 'GO', [EXIT.NO_GO]: 'NO-GO', [EXIT.INCONCLUSIVE]: 'INCONCLUSIVE' };

const out = (text = ''): void => void process.stdout.write(`${text}\n`);

/** @returns the exit code: 0 when every step did what it should, also for a NO-GO */
export async function runDemo(options: DemoOptions): Promise<number> {
  const began = performance.now();
  const dir = options.outputDir ?? path.join('results', `demo-${timestamp()}`);
  if (existsSync(dir)) throw new NelError('usage', `${dir} exists already`, { hint: 'leave -o out for a new folder each time' });
  await mkdir(dir, { recursive: true });
  const policy = path.join(dir, 'policy.yaml');
  await writeFile(policy, POLICY);
  const endpoint = await startPracticeEndpoint(options.port === undefined ? {} : { port: options.port });
  try {
    introduce(endpoint.url);
    const evaluate = (model: string, folder: string): string[] => [
      ...['eval', 'run', ...BENCHMARKS.flatMap((name) => ['--bench', name]), '--repeats', '4', '--seed', '1'],
      ...['--model-url', endpoint.url, '--model-id', model, '-o', folder],
    ];
    const baseline = path.join(dir, 'large');
    const candidate = path.join(dir, 'small');
    const steps: readonly Step[] = [
      { title: 'Evaluate the baseline, practice-large', args: evaluate('practice-large', baseline) },
      { title: 'Evaluate the candidate, practice-small', args: evaluate('practice-small', candidate) },
      { title: 'What changed?', args: ['compare', baseline, candidate, '-o', path.join(dir, 'regression.json')] },
      {
        title: 'May the candidate be released?',
        args: ['gate', baseline, candidate, '--policy', policy, '-o', path.join(dir, 'gate.md')],
        expected: Object.keys(VERDICTS).map(Number),
      },
    ];
    let code: number = EXIT.OK;
    for (const [i, step] of steps.entries()) {
      code = await runStep(i + 1, step);
      if ((step.expected ?? [EXIT.OK]).includes(code)) continue;
      out('\nThe practice models end with the demo; to see it all, start it again.');
      return code;
    }
    out(`\nThe gate's exit code is ${code} (${VERDICTS[code]}): CI stops here on anything but 0.`);
    await showWhere(dir, (performance.now() - began) / 1_000);
    return EXIT.OK;
  } finally {
    await endpoint.close();
  }
}

/** Serves the practice models until a signal. @returns the exit code */
export async function servePractice(port: number = SERVE_PORT): Promise<number> {
  const endpoint = await startPracticeEndpoint({ port });
  out(`practice-large and practice-small at ${endpoint.url}; Ctrl-C ends it. Try, in another terminal:\n`);
  const args = ['eval', 'run', '--bench', 'practice_arithmetic', '--model-url', endpoint.url, '--model-id', 'practice-large'];
  out(commandLine([...args, '-o', 'results/practice']));
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await endpoint.close();
  return EXIT.OK;
}

interface Step {
  readonly title: string;
  /** Arguments of `nel`. */
  readonly args: readonly string[];
  /** Exit codes after which the demo goes on; 0 alone when absent. */
  readonly expected?: readonly number[];
}

function introduce(url: string): void {
  out('nel demo: two models, three small benchmarks, one release decision.');
  out('The models are programs made for practice, no language models: they err on');
  out('purpose, cost nothing and need no account.');
  out(`Served at ${url}; "nel" is short for: node ${shortPath(CLI)}`);
}

async function runStep(number: number, { title, args }: Step): Promise<number> {
  out(`\n== ${number}. ${title}\n`);
  out(`${commandLine(args)}\n`);
  return run(args);
}

/** When stopped, the command drains, and needs the endpoint for that: this process outlives it. */
async function run(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['ignore', 'inherit', 'inherit'], env: commandEnvironment() });
  // Ctrl-C and a closed terminal reach the command by themselves.
  const ignore = (): void => undefined;
  const forward = (): void => void child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGHUP', ignore).on('SIGTERM', forward);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? EXIT.INTERRUPTED;
  } finally {
    process.off('SIGINT', ignore).off('SIGHUP', ignore).off('SIGTERM', forward);
  }
}

/** Without the keys and endpoints of the user's real models: nothing here is for them. */
function commandEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(NEMO_|NVIDIA_API_KEY$)/.test(name)));
}

async function showWhere(dir: string, seconds: number): Promise<void> {
  out(`\n== Done in ${Math.round(seconds)} s\n`);
  out(`Files     ${dir}/`);
  out('  large/, small/    a folder a benchmark: bundle (eval-*.json), results.jsonl,');
  out('                    trajectories.jsonl, runtime_stats.json, failure_analysis.json');
  out('  regression.json   what compare found');
  out('  gate.md           the decision, as a merge request would show it');
  out('  policy.yaml       what it was decided by');
  const status = process.env['TEMPORAL_ADDRESS'] ? undefined : await serverStatus();
  if (status?.running && status.server) {
    out(`Temporal  ${status.server.uiUrl}`);
    out('  Each run is a workflow there. The server ends by itself when idle, or by:');
    out('  nel temporal stop');
  }
  out('Next      nel demo --serve   serves the models, to try commands by hand');
  out('          nel --help');
}

/** A command as typed, flags kept with their values, lines of at most 80 columns. */
function commandLine(args: readonly string[]): string {
  const parts: string[] = [];
  for (const [i, word] of args.entries()) {
    const before = args[i - 1];
    const isValue = before !== undefined && before.startsWith('-') && !word.startsWith('-');
    if (isValue) parts.push(`${parts.pop() ?? ''} ${shellQuote(word)}`);
    else parts.push(shellQuote(word));
  }
  const lines: string[] = [];
  let line = '$ nel';
  for (const part of parts) {
    // Two columns for the backslash.
    if (line.length + 1 + part.length > WIDTH - 2) {
      lines.push(`${line} \\`);
      line = `    ${part}`;
    } else line += ` ${part}`;
  }
  return [...lines, line].join('\n');
}

function timestamp(): string {
  return new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}
