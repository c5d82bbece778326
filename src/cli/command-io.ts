/** What a command reads its surroundings from and writes to: the process, or, for cases and tests, something in its place. */

export interface CommandIo {
  /** What relative paths are relative to. */
  readonly cwd: string;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly exit: (code: number) => void;
}

export const processIo: CommandIo = {
  get cwd() {
    return process.cwd();
  },
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  exit: (code) => {
    process.exitCode = code;
  },
};
