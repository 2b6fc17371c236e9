import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AgentError } from './error.ts';

/** Writes and syncs a folder's list of names; without it a rename may be lost in a power cut although the file's bytes are safe. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Puts `content` at `path` so that after a power cut either the old or the new content is there, whole: written beside, synced, renamed,
 * folder synced. Mode 0600.
 *
 * @throws {@link AgentError} `STATE_UNUSABLE`
 */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.new`);
  try {
    const handle = await open(beside, 'w', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    await rm(beside, { force: true }).catch(() => undefined);
    throw unusable('write', path, cause);
  }
}

/** The file's content, or undefined where there is none. @throws {@link AgentError} `STATE_UNUSABLE` */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unusable('read', path, cause);
  }
}

/** Makes the state folder, readable by its owner alone. @throws {@link AgentError} `STATE_UNUSABLE` */
export async function makeStateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unusable('make', folder, cause);
  }
}

/** What does not work on the disk, as the one error for it. */
export function unusable(verb: string, path: string, cause: unknown): AgentError {
  const errno = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  const next =
    'Free space on the disk or make the state folder writable for this user; the agent tries again at its next check.';
  return new AgentError('STATE_UNUSABLE', `Cannot ${verb} ${path} (${errno}). ${next}`, { cause });
}
