import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Release } from '@klpkit/release';
import { unusable } from './durable-file.ts';

/** A payload on its way: what has come so far, hashed as it came. */
export interface PayloadPart {
  /** Bytes that are there. */
  length(): number;
  append(chunk: Uint8Array): Promise<void>;
  /** Forgets what is there: the sender begins from the first byte. */
  restart(): Promise<void>;
  /** The whole payload, once all of it is there. What has another digest is given all the same, for the verification to name, and not kept. */
  finish(): Promise<Uint8Array>;
  /** Keeps what is there for the next try. */
  close(): Promise<void>;
}

const SUFFIX = '.part';
const READ_BYTES = 1 << 20;

/**
 * A part in a private folder, which is made with mode 0700; its file is `SHA256.part`, mode 0600. What an earlier try has left is hashed and gone
 * on from, also after a restart; parts of other releases are removed, so that the folder never holds more than one. Memory is constant until
 * {@link PayloadPart.finish}.
 *
 * @throws {@link AgentError} `STATE_UNUSABLE`
 */
export async function openPartFile(folder: string, { sha256, size }: Release): Promise<PayloadPart> {
  const path = join(folder, `${sha256}${SUFFIX}`);
  await tidy(folder, path);
  const guarded = <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause) => Promise.reject(unusable('write', path, cause)));
  let { hash, length } = await guarded(hashOfFile(path));
  const handle = await guarded(open(path, 'a', 0o600));
  const restart = async () => {
    await guarded(handle.truncate(0));
    hash = createHash('sha256');
    length = 0;
  };
  if (length > size) await restart();
  return {
    length: () => length,
    async append(chunk) {
      await guarded(handle.writeFile(chunk));
      hash.update(chunk);
      length += chunk.length;
    },
    restart,
    async finish() {
      if (hash.copy().digest('hex') !== sha256) {
        const wrong = await guarded(readFile(path));
        await restart();
        return wrong;
      }
      const bytes = await guarded(readFile(path));
      await rm(path, { force: true });
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** A part in memory, for who names no folder: gone with the process. */
export function openPartInMemory({ size }: Release): PayloadPart {
  const bytes = new Uint8Array(size);
  let length = 0;
  return {
    length: () => length,
    async append(chunk) {
      bytes.set(chunk, length);
      length += chunk.length;
    },
    async restart() {
      length = 0;
    },
    finish: async () => bytes,
    close: async () => undefined,
  };
}

async function tidy(folder: string, keep: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (name.endsWith(SUFFIX) && path !== keep) await rm(path, { force: true });
    }
  } catch (cause) {
    throw unusable('make', folder, cause);
  }
}

async function hashOfFile(path: string) {
  const hash = createHash('sha256');
  let length = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>) {
      hash.update(chunk);
      length += chunk.length;
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  }
  return { hash, length };
}
