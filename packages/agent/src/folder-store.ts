import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeStateFolder, readIfThere, unusable, writeDurably } from './durable-file.ts';
import { type FolderLock, takeFolderLock } from './folder-lock.ts';
import type { AgentStore } from './store.ts';

/**
 * A private folder as the agent's store: made with mode 0700, files with 0600, each write synced with its folder. One agent at a time: a
 * second one, in this process or another, is refused until the first has ended.
 *
 * @param folder - On a disk that outlives a reboot, for example `/var/lib/klpkit`.
 *
 * @example
 * ```ts
 * import { createFolderStore } from '@klpkit/agent';
 *
 * const store = createFolderStore('/var/lib/klpkit');
 * await store.lock(); // rejects with STATE_LOCKED where an agent runs
 * await store.unlock();
 * ```
 */
export function createFolderStore(folder: string): AgentStore {
  let lock: FolderLock | undefined;
  const at = (name: string) => join(folder, name);
  return {
    async lock() {
      await makeStateFolder(folder);
      lock ??= await takeFolderLock(folder);
    },
    async unlock() {
      const held = lock;
      lock = undefined;
      await held?.release();
    },
    read: (name) => readIfThere(at(name)),
    write: (name, content) => writeDurably(at(name), content),
    append: (name, text) => appendDurably(at(name), text),
    async list() {
      return (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith('.'));
    },
    remove: (name) =>
      rm(at(name), { force: true }).catch((cause) => Promise.reject(unusable('remove', at(name), cause))),
  };
}

async function appendDurably(path: string, text: string): Promise<void> {
  try {
    const handle = await open(path, 'a', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unusable('write', path, cause);
  }
}
