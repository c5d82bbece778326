/** The command line that goes on with this run: this process's own arguments, quoted for a shell, with --resume. */

const PLAIN = /^[A-Za-z0-9_./:=@%+,-]+$/;

/** Single quotes protect everything but themselves (POSIX shell). */
export function shellQuote(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function resumeCommand(args: readonly string[] = process.argv.slice(2)): string {
  return ['nel', ...args, ...(args.includes('--resume') ? [] : ['--resume'])].map(shellQuote).join(' ');
}
