/** Files in a bucket of S3 or of a store that speaks its protocol, by the official client. Credentials come from the SDK's own chain and are never read here. */

import { createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { NelError } from '../../core/errors.js';
import {
  type ArtifactStore,
  isSafePath,
  parseStoreAddress,
  type StoredFile,
  StoreUnavailable,
  type WriteCondition,
} from '../../core/store.js';
import { isMissing, isRefusedCondition, type StoreContext, storeError } from './s3-errors.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Larger files go up in parts of this size; S3 takes parts of 5 MiB and more, all but the last. */
const PART_BYTES = 16 * 1024 * 1024;
const MOST_PARTS = 10_000;
const PARTS_AT_ONCE = 3;
const CONNECT_MS = 5_000;
/** Without a byte either way. */
const SILENT_MS = 30_000;
/** Attempts at one request, within a few seconds; longer outages are for the caller to wait out. */
const ATTEMPTS = 4;

export interface S3Options {
  /** As core/store.ts parses it. */
  readonly address: string;
  /** AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL (then in path style), AWS_REGION or AWS_DEFAULT_REGION; the rest is the SDK's to read. */
  readonly env: Env;
}

/** Nothing is asked of the store before the first method is called. */
export function openS3Store({ address, env }: S3Options): ArtifactStore {
  const { bucket, prefix } = parseStoreAddress(address);
  const endpoint = env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'];
  const region = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || (endpoint ? 'us-east-1' : undefined);
  // Which versions of Node are supported is this package's to say.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  const client = new S3Client({
    ...(region ? { region } : {}),
    // The checksums that the SDK adds by default are refused by many stores; bodies are covered by the signature.
    ...(endpoint
      ? { endpoint, forcePathStyle: true, requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' }
      : {}),
    followRegionRedirects: true,
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENT_MS },
  });
  return new S3Store(client, address, bucket, prefix === '' ? '' : `${prefix}/`, endpoint);
}

class S3Store implements ArtifactStore {
  constructor(
    private readonly client: S3Client,
    readonly address: string,
    private readonly bucket: string,
    private readonly prefix: string,
    private readonly endpoint: string | undefined,
  ) {}

  async list(prefix: string): Promise<readonly StoredFile[]> {
    const files: StoredFile[] = [];
    for (let token: string | undefined; ; ) {
      const page = await this.asked('list', () =>
        this.client.send(
          new ListObjectsV2Command({ Bucket: this.bucket, Prefix: this.key(prefix), ...(token ? { ContinuationToken: token } : {}) }),
        ),
      );
      for (const { Key = '', Size = 0, ETag = '' } of page.Contents ?? []) {
        const file = Key.slice(this.prefix.length);
        if (Key.startsWith(this.prefix) && isSafePath(file)) files.push({ path: file, size: Size, tag: ETag });
      }
      token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
      if (token === undefined) return files.sort((a, b) => (a.path < b.path ? -1 : 1));
    }
  }

  async readText(file: string): Promise<{ text: string; tag: string } | null> {
    return this.asked('read', async () => {
      try {
        const { Body, ETag = '' } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: this.key(file) }));
        return { text: (await Body?.transformToString('utf-8')) ?? '', tag: ETag };
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    });
  }

  async writeText(file: string, text: string, condition?: WriteCondition): Promise<string | null> {
    const only = condition === undefined ? {} : 'tag' in condition ? { IfMatch: condition.tag } : { IfNoneMatch: '*' };
    return this.asked('write', async () => {
      try {
        const body = { Body: Buffer.from(text), ContentType: 'application/json' };
        const { ETag = '' } = await this.client.send(new PutObjectCommand({ Bucket: this.bucket, Key: this.key(file), ...body, ...only }));
        return ETag;
      } catch (error) {
        // What was to be replaced may have been deleted.
        if (condition !== undefined && (isRefusedCondition(error) || isMissing(error))) return null;
        throw error;
      }
    });
  }

  async download(file: string, localFile: string): Promise<void> {
    await mkdir(path.dirname(localFile), { recursive: true });
    const temporary = `${localFile}.${process.pid}-${Math.random().toString(36).slice(2, 8)}.tmp`;
    try {
      await this.asked('read', async () => {
        const { Body, ContentLength } = await this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: this.key(file) }));
        const target = createWriteStream(temporary);
        await pipeline(Body as Readable, target);
        if (ContentLength !== undefined && target.bytesWritten !== ContentLength) throw new StoreUnavailable('a download broke off');
      });
      await rename(temporary, localFile);
    } catch (error) {
      await rm(temporary, { force: true });
      if (isMissing(error)) throw new NelError('data', `${this.address}/${file} is not there`);
      throw error;
    }
  }

  async upload(localFile: string, file: string, bytes: number): Promise<void> {
    const source = await open(localFile, 'r');
    try {
      if (bytes > PART_BYTES) {
        await this.uploadParts(source, file, bytes);
        return;
      }
      const Body = await readBytes(source, 0, bytes);
      await this.asked('write', () => this.client.send(new PutObjectCommand({ Bucket: this.bucket, Key: this.key(file), Body })));
    } finally {
      await source.close();
    }
  }

  async remove(file: string): Promise<void> {
    await this.asked('delete', () => this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: this.key(file) })));
  }

  close(): void {
    this.client.destroy();
  }

  /** Some parts at a time, so that memory stays flat; a failed upload leaves no parts that are paid for. */
  private async uploadParts(source: FileHandle, file: string, bytes: number): Promise<void> {
    const where = { Bucket: this.bucket, Key: this.key(file) };
    const size = Math.max(PART_BYTES, Math.ceil(bytes / MOST_PARTS));
    const count = Math.ceil(bytes / size);
    const { UploadId } = await this.asked('write', () => this.client.send(new CreateMultipartUploadCommand(where)));
    try {
      const parts: CompletedPart[] = [];
      let next = 0;
      const lane = async (): Promise<void> => {
        while (next < count) {
          const at = next++;
          const Body = await readBytes(source, at * size, Math.min(size, bytes - at * size));
          const PartNumber = at + 1;
          const { ETag } = await this.asked('write', () =>
            this.client.send(new UploadPartCommand({ ...where, UploadId, PartNumber, Body })),
          );
          parts[at] = { PartNumber, ETag };
        }
      };
      await Promise.all(Array.from({ length: PARTS_AT_ONCE }, lane));
      await this.asked('write', () =>
        this.client.send(new CompleteMultipartUploadCommand({ ...where, UploadId, MultipartUpload: { Parts: parts } })),
      );
    } catch (error) {
      await this.client.send(new AbortMultipartUploadCommand({ ...where, UploadId })).catch(() => undefined);
      throw error;
    }
  }

  private key(file: string): string {
    return `${this.prefix}${file}`;
  }

  private async asked<T>(verb: StoreContext['verb'], request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw storeError(error, { verb, address: this.address, bucket: this.bucket, endpoint: this.endpoint });
    }
  }
}

async function readBytes(source: FileHandle, from: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await source.read(buffer, done, length - done, from + done);
    if (bytesRead === 0) throw new NelError('run', 'a file became shorter while it was copied to the store');
    done += bytesRead;
  }
  return buffer;
}
