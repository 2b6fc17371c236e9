import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RepositoryError } from './error.ts';

/**
 * Where a repository is read from: a web server, a CDN, a folder on a disk. A port. A mirror is trusted with nothing: all that it can do
 * is to be silent, slow or stale, and each of these shows.
 */
export interface Mirror {
  /** How messages call it. Never holds a password. */
  readonly name: string;
  /** Opens a file of the repository's layout, or says `undefined` when it has none. Fails with `UNREACHABLE` or `IO`. */
  readonly open: (path: string, options: MirrorReadOptions) => Promise<AsyncIterable<Uint8Array> | undefined>;
}

/** Options of a read. */
export interface MirrorReadOptions {
  /** Bytes to skip at the beginning, to resume a download. */
  readonly offset?: number;
  readonly signal?: AbortSignal;
}

/**
 * A mirror that is a folder: for machines without a network, and for tests. The same code checks it as any other.
 *
 * @example
 * ```ts
 * import { folderMirror } from '@klpkit/repository';
 *
 * const mirror = folderMirror('/media/usb/klp');
 * ```
 */
export function folderMirror(folder: string): Mirror {
  return {
    name: folder,
    open: async (path, { offset = 0, signal }) => {
      signal?.throwIfAborted();
      const file = join(folder, path);
      try {
        if (!(await stat(file)).isFile()) return undefined;
      } catch (cause) {
        if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
          await mustExist(folder);
          return undefined;
        }
        throw new RepositoryError('IO', `${file} cannot be read: check its permissions.`, { subject: file, cause });
      }
      return createReadStream(file, { start: offset, ...(signal === undefined ? {} : { signal }) });
    },
  };
}

// A disk that is not mounted must not look like a repository that has nothing.
async function mustExist(folder: string): Promise<void> {
  try {
    await stat(folder);
  } catch (cause) {
    throw new RepositoryError('UNREACHABLE', `${folder} is not there: mount it or check the path.`, {
      subject: folder,
      cause,
    });
  }
}
