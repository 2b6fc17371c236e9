import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { ServerError } from '../errors.ts';
import { syncFolder } from './atomic.ts';

/** Payloads by their digest. A folder that several servers share, or a bucket, can stand behind it. */
export interface PayloadStore {
  /**
   * Takes a payload whose bytes hash to `sha256`, and that `judge` does not refuse. It is there as a whole or not at all.
   *
   * @throws ServerError `DIGEST_MISMATCH`, `TOO_LARGE`, or what `judge` throws.
   */
  put(content: Readable, options: PutOptions): Promise<{ size: number }>;
  /** Size in bytes, or nothing where there is no such payload. */
  size(sha256: string): Promise<number | undefined>;
  /** The bytes from `start` to `end`, both included. */
  read(sha256: string, range: { start: number; end: number }): Readable;
  /** All of it. */
  readAll(sha256: string): Promise<Uint8Array>;
}

/** What {@link PayloadStore.put} checks. */
export interface PutOptions {
  readonly sha256: string;
  readonly maxBytes: number;
  /** Throws where the payload must not be kept. */
  readonly judge: (bytes: Uint8Array) => Promise<void>;
}

/** A store in one folder of files. */
export async function openPayloadStore(folder: string): Promise<PayloadStore> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  for (const name of await readdir(folder)) if (name.startsWith('incoming-')) await rm(join(folder, name));
  let counter = 0;
  const pathOf = (sha256: string): string => {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new TypeError('not a digest');
    return join(folder, sha256);
  };
  return {
    put: async (content, options) => {
      counter += 1;
      const incoming = join(folder, `incoming-${process.pid}-${counter}`);
      try {
        const size = await receive(content, incoming, options);
        await options.judge(await readFile(incoming));
        await rename(incoming, pathOf(options.sha256));
        await syncFolder(folder);
        return { size };
      } finally {
        await rm(incoming, { force: true });
      }
    },
    size: (sha256) =>
      stat(pathOf(sha256)).then(
        ({ size }) => size,
        () => undefined,
      ),
    read: (sha256, { start, end }) => createReadStream(pathOf(sha256), { start, end }),
    readAll: (sha256) => readFile(pathOf(sha256)),
  };
}

async function receive(content: Readable, path: string, options: PutOptions): Promise<number> {
  const file = await open(path, 'wx', 0o644);
  const hash = createHash('sha256');
  let size = 0;
  try {
    // Where it ends early the stream stays whole, so that the sender can still be told why.
    for await (const chunk of content.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > options.maxBytes)
        throw new ServerError(
          'TOO_LARGE',
          `A payload has at most ${options.maxBytes} bytes. Raise limits.maxPayloadBytes if this one is right.`,
        );
      hash.update(chunk);
      await file.write(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  const digest = hash.digest('hex');
  if (digest !== options.sha256) {
    throw new ServerError(
      'DIGEST_MISMATCH',
      `The bytes hash to ${digest}, the path says ${options.sha256}. Send the file again, or correct the path.`,
    );
  }
  return size;
}
