/** The output of a command, up to a limit: what runs away must not fill the memory. */

/** Bytes kept of each stream, from the start: squeue of a large array takes 1 MB. */
const MOST_BYTES = 64 * 1024 * 1024;

export class KeptOutput {
  private readonly parts: Buffer[] = [];
  private bytes = 0;

  /** Bound, so that it can be handed on as a listener. */
  readonly add = (part: Buffer): void => {
    if (this.bytes < MOST_BYTES) this.parts.push(part);
    this.bytes += part.length;
  };

  get text(): string {
    return Buffer.concat(this.parts).toString('utf8');
  }
}
