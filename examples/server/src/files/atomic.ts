import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a whole file or none: a temporary one, fsync, rename, fsync of the folder. */
export async function writeAtomic(path: string, data: string | Uint8Array, options: { mode: number }): Promise<void> {
  const temporary = `${path}.tmp-${process.pid}`;
  const file = await open(temporary, 'w', options.mode);
  try {
    // An older file of that name would keep its own mode.
    await file.chmod(options.mode);
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Makes a rename in this folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
