import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere, writeDurably } from './durable-file.ts';

/** Payloads of patches that may have to be put back at a boot without a network. Named by digest; verified again whenever they are used. */
export interface PayloadCache {
  read(sha256: string): Promise<Uint8Array | undefined>;
  keep(sha256: string, bytes: Uint8Array): Promise<void>;
  /** Removes all but these. */
  prune(wanted: ReadonlySet<string>): Promise<void>;
}

/** The cache of a state folder. */
export function openPayloadCache(stateFolder: string): PayloadCache {
  const folder = join(stateFolder, 'payloads');
  return {
    read: (sha256) => readIfThere(join(folder, sha256)),
    async keep(sha256, bytes) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeDurably(join(folder, sha256), bytes);
    },
    async prune(wanted) {
      const names = await readdir(folder).catch(() => []);
      await Promise.all(
        names.filter((name) => !wanted.has(name)).map((name) => rm(join(folder, name), { force: true })),
      );
    },
  };
}
