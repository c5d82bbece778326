/** What a harness prints, line by line: cleaned of credentials and control characters, bounded, with the last lines kept for errors. */

/** More of one line is handed on in pieces. */
const LONGEST_LINE = 65_536;
/** Held back of a piece, so that a credential across two pieces is still seen whole. */
const OVERLAP = 4_096;
const KEPT_LINES = 40;
const SHOWN_LENGTH = 400;
/** Kinds of complaint that are kept. */
const KEPT_COMPLAINTS = 5;
/** Lines of a traceback hold such words too, but are indented. */
const COMPLAINT = /^\S.*(?:error|exception|failed|failure|refused|denied|cannot|not found)/i;

export interface OutputLine {
  readonly text: string;
  /** Ended by a carriage return: a progress bar that the next one paints over. */
  readonly passing: boolean;
}

/** One stream of a program, cut into lines at `\n` and `\r`. */
export class LineSplitter {
  private buffer = '';

  constructor(
    private readonly redact: (text: string) => string,
    private readonly onLine: (line: OutputLine) => void,
  ) {}

  push(text: string): void {
    this.buffer += text;
    let start = 0;
    for (let i = 0; i < this.buffer.length; i++) {
      const code = this.buffer.charCodeAt(i);
      if (code !== 10 && code !== 13) continue;
      // A carriage return at the very end may be half of a line end.
      if (code === 13 && i === this.buffer.length - 1) break;
      const passing = code === 13 && this.buffer.charCodeAt(i + 1) !== 10;
      if (i > start) this.emit(this.buffer.slice(start, i), passing);
      start = i + 1;
    }
    this.buffer = this.buffer.slice(start);
    if (this.buffer.length <= LONGEST_LINE) return;
    const clean = this.redact(this.buffer);
    this.emit(clean.slice(0, -OVERLAP), false);
    this.buffer = clean.slice(-OVERLAP);
  }

  end(): void {
    if (this.buffer !== '') this.emit(this.buffer, false);
    this.buffer = '';
  }

  private emit(raw: string, passing: boolean): void {
    const text = printable(this.redact(raw)).trimEnd();
    if (text !== '') this.onLine({ text, passing });
  }
}

/** The last lines of a program, for errors and heartbeats. */
export class LastLines {
  private lines: string[] = [];
  private replace = false;
  private readonly complaints = new Map<string, string>();

  add({ text, passing }: OutputLine): void {
    const line = text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
    if (this.replace) this.lines.pop();
    this.replace = passing;
    this.lines.push(line);
    if (this.lines.length > KEPT_LINES) this.lines.shift();
    if (!passing && COMPLAINT.test(line)) this.complain(line);
  }

  /** Times and numbers aside, a complaint is one however often it comes. */
  private complain(line: string): void {
    const kind = line.replace(/\d+/g, '').slice(0, 120);
    this.complaints.delete(kind);
    this.complaints.set(kind, line);
    const [oldest] = this.complaints.keys();
    if (this.complaints.size > KEPT_COMPLAINTS && oldest !== undefined) this.complaints.delete(oldest);
  }

  get last(): string {
    return this.lines.at(-1) ?? '';
  }

  /** The last `count` lines, oldest first. */
  tail(count: number): readonly string[] {
    return this.lines.slice(-count);
  }

  /**
   * What most likely says why the program failed: its last complaints, which the lines after them may only be the consequences of (a
   * traceback of another task), then its last `count` lines.
   */
  reasons(count: number): readonly string[] {
    const tail = this.tail(count);
    const earlier = [...this.complaints.values()].filter((line) => !tail.includes(line));
    return [...earlier, ...tail];
  }
}

/** Without terminal escapes and control characters: a model's text must not move a reader's cursor. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/\u001b\[[0-9;?]{0,16}[A-Za-z]/g, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}
