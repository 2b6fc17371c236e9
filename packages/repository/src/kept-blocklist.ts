import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Blocklist, parseBlocklist } from '@klpkit/blocklist';
import { encodeDocument, parseJson, wrap } from './documents.ts';
import { RepositoryError } from './error.ts';

const name = 'blocklist.json';

/** The last blocklist that this machine accepted, or `undefined` at the first time. */
export async function keptBlocklist(folder: string): Promise<Blocklist | undefined> {
  const file = join(folder, name);
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new RepositoryError('IO', `${file} cannot be read: check its permissions.`, { subject: file, cause });
  }
  return wrap(file, () => parseBlocklist(parseJson(bytes, file)));
}

/** Keeps a blocklist: whole or not at all, and on the disk before anything is decided with it. */
export async function keepBlocklist(folder: string, list: Blocklist): Promise<void> {
  const file = join(folder, name);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    {
      await using handle = await open(`${file}.new`, 'w', 0o600);
      await handle.writeFile(encodeDocument(list));
      await handle.sync();
    }
    await rename(`${file}.new`, file);
  } catch (cause) {
    throw new RepositoryError('IO', `${file} cannot be written: check its folder and the free space.`, {
      subject: file,
      cause,
    });
  }
}
