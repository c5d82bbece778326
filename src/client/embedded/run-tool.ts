/** Runs an installer or another tool to its end: no terminal, a time limit, the allow-listed environment, its output kept short. */
import { spawn } from 'node:child_process';
import { downloadEnvironment } from './environment.js';

/** Bytes of output kept, from the end. */
const KEPT_OUTPUT = 4000;
/** How long output may come in after the end of a tool. */
const LAST_WORDS_MS = 500;

export type ToolResult =
  | { readonly kind: 'done'; readonly output: string }
  /** `reason` is one line. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** There is no such command. */
  | { readonly kind: 'absent' };

export interface ToolOptions {
  readonly timeoutMs: number;
  /** Ends the tool early: with 'done' or 'stalled'. Asked five times a second. */
  readonly watch?: () => 'done' | 'stalled' | undefined;
}

/** Never rejects. */
export function runTool(command: string, args: readonly string[], { timeoutMs, watch }: ToolOptions): Promise<ToolResult> {
  return new Promise((resolve) => {
    let output = '';
    let verdict: ToolResult | undefined;
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: downloadEnvironment() });
    const end = (result: ToolResult): void => {
      verdict ??= result;
      child.kill('SIGKILL');
    };
    const timer = setTimeout(() => end({ kind: 'failed', reason: `no end within ${timeoutMs / 1000} s` }), timeoutMs);
    const watcher = setInterval(() => {
      const seen = watch?.();
      if (seen === 'done') end({ kind: 'done', output });
      if (seen === 'stalled') end({ kind: 'failed', reason: 'no progress' });
    }, 200);
    const settle = (result: ToolResult): void => {
      clearTimeout(timer);
      clearInterval(watcher);
      resolve(verdict ?? result);
    };
    const keep = (part: Buffer): void => {
      output = (output + part.toString('utf8')).slice(-KEPT_OUTPUT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error: NodeJS.ErrnoException) =>
      settle(error.code === 'ENOENT' ? { kind: 'absent' } : { kind: 'failed', reason: error.message }),
    );
    // Its last words may still be in the pipes when it has gone ('close' comes after them); what it left running may keep the
    // pipes open for ever, so that 'close' is not waited for long.
    child.once('exit', (code, signal) => {
      const tell = (): void =>
        settle(code === 0 ? { kind: 'done', output } : { kind: 'failed', reason: lastLine(output) || `it ended with ${code ?? signal}` });
      const silence = setTimeout(tell, LAST_WORDS_MS);
      child.once('close', () => {
        clearTimeout(silence);
        tell();
      });
    });
  });
}

/** The last line that says something, without user and password of a URL. */
export function lastLine(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  const line = lines.findLast((candidate) => candidate !== '') ?? '';
  return line.replaceAll(/\/\/[^/\s@]+@/g, '//***@').slice(0, 300);
}
