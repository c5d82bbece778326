/**
 * A run directory and its copy in a store, kept alike: what a run needs comes from there before it is used, what it writes goes there as it is written.
 *
 * The store is the truth about which run stands at the address and which of its bundles count; journals are the sum of both sides, because
 * an attempt's file only ever grows and readers merge by sample. A bundle goes up after what backs it.
 */

import { mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorMessage, NelError } from '../core/errors.js';
import { type ArtifactStore, isSafePath, type StoredFile } from '../core/store.js';
import { runFilePath } from './run-file.js';
import { type Patience, patiently } from './store-patience.js';
import { writeFileAtomic } from './write-atomic.js';

const RUN_FILE = 'run.json';
const INDEX = '.store-index.json';
/** Least time between two copies of a growing journal. */
const FOLLOW_MS = 2_000;
/** A copy may take this share of the time: long journals are copied less often. */
const FOLLOW_SHARE = 0.1;
/** How long a batch that was asked to stop may still try to bring its answers to the store. */
const STOPPING_MS = 15_000;
const FILES_AT_ONCE = 8;

const isBundle = (file: string): boolean => /(^|\/)eval-[^/]*\.json$/.test(file);

export class StoreMirror {
  /** Bytes of files of ours that are known to be in the store. */
  private readonly stored = new Map<string, number>();

  constructor(
    readonly store: ArtifactStore,
    /** The local folder. */
    readonly dir: string,
    private readonly log: (line: string) => void,
  ) {}

  /** Brings run.json. @returns whether the store has one */
  async pullRunFile(signal?: AbortSignal): Promise<boolean> {
    const found = await this.patiently(() => this.store.readText(RUN_FILE), signal);
    if (found === null) return false;
    await writeFileAtomic(runFilePath(this.dir), found.text);
    return true;
  }

  /**
   * Makes the local folder that of the run at the address: files of another run, which stood there before, are moved to a folder beside it.
   * @returns where they went, or null
   */
  async adoptRun(): Promise<string | null> {
    const found = await this.store.readText(RUN_FILE);
    const local = await readFile(runFilePath(this.dir), 'utf8').catch(() => null);
    const before = local === null ? null : runIdOf(local);
    if (before === null || before === (found === null ? null : runIdOf(found.text))) return null;
    const aside = await mkdtemp(`${this.dir}.${before.replaceAll(/[^A-Za-z0-9_-]/g, '_')}-`);
    for (const name of await readdir(this.dir)) {
      // The lock is this process's.
      if (name !== '.lock') await rename(path.join(this.dir, name), path.join(aside, name)).catch(() => undefined);
    }
    return aside;
  }

  /**
   * Writes run.json there, then here.
   * @param created nothing may stand there yet @throws NelError of kind `usage` when something does
   */
  async saveRunFile(text: string, created: boolean): Promise<void> {
    const written = await this.store.writeText(RUN_FILE, text, created ? { absent: true } : undefined);
    // A write whose answer was lost is refused when it is repeated, though it is ours.
    if (written === null && (await this.store.readText(RUN_FILE))?.text !== text) {
      throw new NelError('usage', `${this.store.address}: another process has just begun a run there`, {
        hint: 'Follow that one, or use another address (-o).',
      });
    }
    await writeFileAtomic(runFilePath(this.dir), text);
  }

  /** Makes the bundles of some benchmarks those of the store: what is not there does not count here either. */
  async pullBundles(benchmarks: readonly string[], signal?: AbortSignal): Promise<void> {
    for (const benchmark of benchmarks) {
      const stored = await this.patiently(() => this.store.list(`${benchmark}/eval-`), signal);
      const names = new Set(stored.filter(({ path: file }) => isBundle(file)).map(({ path: file }) => path.posix.basename(file)));
      for (const name of await readdir(path.join(this.dir, benchmark)).catch(() => [])) {
        if (isBundle(name) && !names.has(name)) await rm(path.join(this.dir, benchmark, name));
      }
      for (const name of names) await this.download(`${benchmark}/${name}`, signal);
    }
  }

  /** Brings journal files below a folder (`gsm8k/journal`) that are missing or shorter here. */
  async pullJournal(folder: string, signal?: AbortSignal): Promise<void> {
    const files = await this.patiently(() => this.store.list(`${folder}/`), signal);
    await inLanes(files, async ({ path: file, size }) => {
      this.stored.set(file, size);
      if (file.endsWith('.jsonl') && (await sizeOf(path.join(this.dir, file))) < size) await this.download(file, signal);
    });
  }

  /** Brings what the store has of a batch, and from now on copies the batch's journal there as it grows. */
  async follow(folder: string, signal?: AbortSignal): Promise<Following> {
    await this.pullJournal(folder, signal);
    return new Following(() => this.pushFolder(folder), this.log);
  }

  /** Copies every journal file of a benchmark that is longer here. */
  async pushJournal(benchmark: string, signal?: AbortSignal): Promise<void> {
    const folder = `${benchmark}/journal`;
    const batches = await readdir(path.join(this.dir, folder)).catch(() => []);
    await inLanes(batches, (batch) => this.patiently(() => this.pushFolder(`${folder}/${batch}`), signal));
  }

  /** Brings the files below a folder that are missing here or have another size: for files that do not change once they are whole. */
  async pullTree(folder: string, signal?: AbortSignal): Promise<void> {
    const files = await this.patiently(() => this.store.list(`${folder}/`), signal);
    await inLanes(files, async ({ path: file, size }) => {
      if ((await sizeOf(path.join(this.dir, file))) !== size) await this.download(file, signal);
    });
  }

  /** The other way round. */
  async pushTree(folder: string, signal?: AbortSignal): Promise<void> {
    const there = new Map((await this.patiently(() => this.store.list(`${folder}/`), signal)).map(({ path: file, size }) => [file, size]));
    const entries = await readdir(path.join(this.dir, folder), { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => path.relative(this.dir, path.join(parentPath, name)));
    await inLanes(files.filter(isSafePath), async (file) => {
      const size = await sizeOf(path.join(this.dir, file));
      if (size >= 0 && there.get(file) !== size)
        await this.patiently(() => this.store.upload(path.join(this.dir, file), file, size), signal);
    });
  }

  /** Copies a benchmark's finished files, its bundle last; the store has no bundle while its results are replaced. */
  async publish(benchmark: string, signal?: AbortSignal): Promise<void> {
    const names = (await readdir(path.join(this.dir, benchmark), { withFileTypes: true }))
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !entry.name.endsWith('.tmp'))
      .map(({ name }) => `${benchmark}/${name}`);
    const old = await this.patiently(() => this.store.list(`${benchmark}/eval-`), signal);
    for (const { path: file } of old) if (isBundle(file)) await this.patiently(() => this.store.remove(file), signal);
    for (const file of [...names.filter((name) => !isBundle(name)), ...names.filter(isBundle)]) {
      const local = path.join(this.dir, file);
      const { size } = await stat(local);
      await this.patiently(() => this.store.upload(local, file, size), signal);
    }
  }

  /**
   * Makes the local files for which `wanted` holds those of the store, and brings only what changed since the last time.
   * @returns how many files there are
   */
  async pullExactly(wanted: (file: string) => boolean, signal?: AbortSignal): Promise<number> {
    const files = (await this.patiently(() => this.store.list(''), signal)).filter(({ path: file }) => wanted(file));
    const index = await this.readIndex();
    const stored = new Map(files.map((file) => [file.path, file]));
    for (const file of index.keys()) if (wanted(file) && !stored.has(file)) await rm(path.join(this.dir, file), { force: true });
    await inLanes(files, async (file) => {
      if (index.get(file.path) === file.tag && (await sizeOf(path.join(this.dir, file.path))) === file.size) return;
      await this.download(file.path, signal);
    });
    await writeFileAtomic(path.join(this.dir, INDEX), JSON.stringify(Object.fromEntries(files.map(({ path: file, tag }) => [file, tag]))));
    return files.length;
  }

  list(prefix: string, signal?: AbortSignal): Promise<readonly StoredFile[]> {
    return this.patiently(() => this.store.list(prefix), signal);
  }

  private async pushFolder(folder: string): Promise<void> {
    for (const name of await readdir(path.join(this.dir, folder)).catch(() => [])) {
      if (!name.endsWith('.jsonl')) continue;
      const file = `${folder}/${name}`;
      const size = await sizeOf(path.join(this.dir, file));
      if (size <= (this.stored.get(file) ?? 0)) continue;
      await this.store.upload(path.join(this.dir, file), file, size);
      this.stored.set(file, size);
    }
  }

  private download(file: string, signal: AbortSignal | undefined): Promise<void> {
    return this.patiently(() => this.store.download(file, path.join(this.dir, file)), signal);
  }

  private async readIndex(): Promise<Map<string, string>> {
    try {
      const index = JSON.parse(await readFile(path.join(this.dir, INDEX), 'utf8')) as Record<string, string>;
      return new Map(Object.entries(index));
    } catch {
      return new Map();
    }
  }

  private patiently<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return patiently(work, { log: this.log, signal } satisfies Patience);
  }
}

/** Copies a growing folder to the store, every few seconds, until it is finished. */
export class Following {
  private timer: NodeJS.Timeout | undefined;
  private pushing: Promise<void> = Promise.resolve();
  private ended = false;
  private said = false;

  constructor(
    private readonly push: () => Promise<void>,
    private readonly log: (line: string) => void,
  ) {
    this.schedule(FOLLOW_MS);
  }

  /**
   * The last copy: resolves when the store has all. After `stop` is aborted it tries for some seconds only; what is then not there is in
   * the local folder and goes up with the next resume on this machine.
   */
  async finish(stop: AbortSignal): Promise<void> {
    this.ended = true;
    clearTimeout(this.timer);
    await this.pushing;
    const limit = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const onStop = (): void => void (timer = setTimeout(() => limit.abort(new Error('stopping')), STOPPING_MS));
    if (stop.aborted) onStop();
    else stop.addEventListener('abort', onStop, { once: true });
    try {
      await patiently(this.push, { log: this.log, signal: limit.signal });
    } catch (error) {
      if (!limit.signal.aborted) throw error;
      this.log('some answers are not in the store yet; they are kept on this machine');
    } finally {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
    }
  }

  private schedule(ms: number): void {
    this.timer = setTimeout(() => void (this.pushing = this.once()), ms);
  }

  private async once(): Promise<void> {
    const start = performance.now();
    try {
      await this.push();
    } catch (error) {
      // The end of the batch tries again, and fails if it must.
      if (!this.said) this.log(`the journal is not copied to the store: ${errorMessage(error)}`);
      this.said = true;
    }
    if (!this.ended) this.schedule(Math.max(FOLLOW_MS, (performance.now() - start) / FOLLOW_SHARE));
  }
}

function runIdOf(text: string): string | null {
  try {
    const { run_id } = JSON.parse(text) as { readonly run_id?: unknown };
    return typeof run_id === 'string' ? run_id : null;
  } catch {
    return null;
  }
}

/** Bytes of a file; −1 where there is none. */
async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => -1,
  );
}

async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const lane = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(FILES_AT_ONCE, items.length) }, lane));
}
