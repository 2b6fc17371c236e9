import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RepositoryError } from './error.ts';
import type { RepositoryStore, StoreLock, StoreOptions, StoreReadOptions } from './store.ts';

const lockName = 'publisher.lock';

/**
 * A store that is a folder: serve it with any web server, copy it to a disk for machines without a network.
 *
 * Files are written under another name, synced and renamed. The lock is the file `publisher.lock`, made exclusively; a publisher that was
 * killed leaves it behind, and the error says which process that was, so that a person can remove it.
 *
 * @example
 * ```ts
 * import { createFolderStore } from '@klpkit/repository';
 *
 * const store = createFolderStore('/srv/klp');
 * ```
 */
export function createFolderStore(folder: string): RepositoryStore {
  return {
    get: (path, options) => read(join(folder, path), options),
    has: async (path) => (await sizeOf(join(folder, path))) !== undefined,
    put: (path, bytes, options) => replaceFile(join(folder, path), bytes, options),
    lock: () => takeLock(folder),
  };
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw ioError(file, cause);
  }
}

async function read(file: string, { maxBytes, signal }: StoreReadOptions): Promise<Uint8Array | undefined> {
  signal?.throwIfAborted();
  const size = await sizeOf(file);
  if (size === undefined) return undefined;
  if (size > maxBytes) {
    throw new RepositoryError(
      'TOO_LARGE',
      `${file} has ${size} bytes, more than the ${maxBytes} allowed: it is not one of ours.`,
      { subject: file },
    );
  }
  try {
    return await readFile(file, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw ioError(file, cause);
  }
}

async function replaceFile(file: string, bytes: Uint8Array, { signal }: StoreOptions = {}): Promise<void> {
  signal?.throwIfAborted();
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await using handle = await open(temporary, 'wx', 0o644);
    await handle.writeFile(bytes);
    await handle.sync();
    await rename(temporary, file);
    await syncFolder(dirname(file));
  } catch (cause) {
    await rm(temporary, { force: true });
    throw ioError(file, cause);
  }
}

// A rename is durable only when the folder that holds the name is.
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}

async function takeLock(folder: string): Promise<StoreLock> {
  const file = join(folder, lockName);
  try {
    await mkdir(folder, { recursive: true });
    await using handle = await open(file, 'wx', 0o644);
    await handle.writeFile(`${process.pid}\n`);
  } catch (cause) {
    if (errnoOf(cause) !== 'EEXIST') throw ioError(file, cause);
    const owner = (await readFile(file, 'utf8').catch(() => '')).trim();
    throw new RepositoryError(
      'LOCKED',
      `Process ${owner === '' ? 'unknown' : owner} is publishing to ${folder}: wait for it, or remove ${file} when it no longer runs.`,
      { subject: file, cause },
    );
  }
  return { release: () => rm(file, { force: true }) };
}

function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function ioError(file: string, cause: unknown): RepositoryError {
  return new RepositoryError(
    'IO',
    `${file} cannot be read or written (${errnoOf(cause) ?? 'unknown error'}): check the path, its owner and the free space.`,
    {
      subject: file,
      cause,
    },
  );
}
