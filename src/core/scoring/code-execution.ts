/** The code-execution scorer: the answer's program is run in the sandbox and passes or not. */

import type { Row, Scorer, ScorerInput, ScorerResult, ScorerTools } from '../benchmark.js';
import { NelError } from '../errors.js';
import type { JsonObject } from '../json.js';
import type { Sandbox, SandboxLimits, SandboxOutcome } from '../sandbox.js';
import { pythonBlocks } from './code-block.js';
import { isRefusal, nothingExtracted } from './failure.js';
import { type HarnessTask, type HarnessVerdict, harnessJob, harnessVerdict } from './python-harness.js';

/** What a scorer that runs code needs of the run. */
export type CodeTools = Pick<ScorerTools, 'sandbox' | 'signal'>;

export interface CodeInput {
  readonly response: string;
  readonly target: string;
  readonly row: Row;
  /** The code of the answer: its last Python block, else the whole answer. */
  readonly code: string;
}

export interface CodeExecutionOptions {
  /** Default `code_execution`. */
  readonly name?: string;
  readonly language: 'python';
  /** The program to run: one text, or files by name of which `entryFile` is run. Usually the answer's code with tests behind it. */
  readonly program: (input: CodeInput) => string | Readonly<Record<string, string>>;
  /** Default `main.py`. */
  readonly entryFile?: string;
  /**
   * - `reaches_end` (default): the program runs to its last line; `sys.exit(0)` before it does not pass
   * - `exit_zero`: it ends with code 0, for programs that end themselves, such as `unittest.main()`
   */
  readonly success?: 'reaches_end' | 'exit_zero';
  readonly limits?: Partial<SandboxLimits>;
}

/**
 * Runs the program with Python's standard library only, as `__main__`. Answer and tests share an interpreter here: an answer made to
 * deceive can do so. Tests in a process of their own are what `humanEval` has.
 */
export function codeExecution(options: CodeExecutionOptions): Scorer {
  const { name = 'code_execution', entryFile = 'main.py', success = 'reaches_end', limits = {} } = options;
  return {
    name,
    needs: ['sandbox'],
    async score(input: ScorerInput, tools?: CodeTools): Promise<ScorerResult> {
      const { response } = input;
      const block = pythonBlocks(response).at(-1);
      if (block === undefined && (response.trim() === '' || isRefusal(response))) return nothingExtracted(response);
      const code = block ?? response;
      const program = options.program({ ...input, code });
      const files = typeof program === 'string' ? { [entryFile]: program } : program;
      return runHarness({ task: { mode: 'program', entry: entryFile, success }, files, extracted: code, limits, tools, name });
    },
  };
}

export interface HarnessRun {
  readonly task: HarnessTask;
  readonly files: Readonly<Record<string, string>>;
  readonly extracted: string;
  readonly limits: Partial<SandboxLimits>;
  readonly tools: CodeTools | undefined;
  /** The scorer's, for errors. */
  readonly name: string;
}

/** Runs the harness and turns its verdict into a result. @throws NelError when the answer could not be judged */
export async function runHarness({ task, files, extracted, limits, tools, name }: HarnessRun): Promise<ScorerResult> {
  const sandbox: Sandbox | undefined = tools?.sandbox;
  if (tools === undefined || sandbox === undefined) throw new NelError('config', `the scorer ${name} runs code and was given no sandbox`);
  const secret = JSON.stringify([sandbox.nonce ?? '', task, files]);
  const outcome = await sandbox.run(harnessJob(task, files, secret, limits), tools.signal);
  const verdict = harnessVerdict(outcome, secret);
  return { reward: verdict.passed ? 1 : 0, extracted, details: details(sandbox, outcome, verdict) };
}

/** Nothing of this is a number: numbers in the details are scores. */
function details(sandbox: Sandbox, { exit_code, signal, timed_out }: SandboxOutcome, { error }: HarnessVerdict): JsonObject {
  return { sandbox: sandbox.type, ended: signal ?? `exit code ${exit_code}`, timed_out, error };
}
