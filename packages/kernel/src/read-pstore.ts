import { closeSync, openSync, readSync, unlinkSync } from 'node:fs';
import { contextOf } from './context.ts';
import { errnoOf } from './errno.ts';
import { KernelError } from './error.ts';
import { fileError, listKernelFolder } from './kernel-file.ts';
import type { KernelOptions } from './options.ts';

/** What pstore kept of one crash of an earlier boot. */
export interface PstoreRecord {
  /** Names of the files it was put together from, in the text's order. */
  readonly files: readonly string[];
  /** Who kept it: `ramoops`, `erst`, `efi_pstore`, … */
  readonly backend: string;
  /** Why the kernel wrote it: `Panic`, `Oops`, …; `null` where the file does not say. */
  readonly reason: string | null;
  /** Its number since that boot; `null` where the file does not say. */
  readonly count: number | null;
  /** Kernel log lines as `<5>[    1.234567] text`, oldest first; hand them to `scanKernelLog`. */
  readonly lines: readonly string[];
}

/** Files read at most; a backend keeps a few. */
const maxFiles = 256;

/** Longest file read; a record is as large as the backend's record size, mostly 64 KiB. */
const maxFileBytes = 4 * 1024 * 1024;

/**
 * The kernel log of crashes before this boot, from a mounted pstore. Empty where nothing was kept. A crash that a backend split
 * into parts (ERST, EFI: `Part1` is the newest piece) is one record. It does not say of which boot it is: remove a record once
 * it was reported.
 *
 * @throws {@link KernelError} `PERMISSION_DENIED`, `IO`, `NOT_SUPPORTED` where pstore is not mounted.
 *
 * @example
 * ```ts
 * import { readPstore } from '@klpkit/kernel';
 * import { scanKernelLog } from '@klpkit/kernel-log';
 *
 * for (const record of await readPstore()) {
 *   for await (const incident of scanKernelLog(record.lines)) console.log(record.backend, incident.title);
 * }
 * ```
 */
export async function readPstore(options: KernelOptions = {}): Promise<readonly PstoreRecord[]> {
  const { root, signal } = contextOf(options);
  signal?.throwIfAborted();
  const folder = `${root.sysfs}/fs/pstore`;
  const names = listKernelFolder(folder);
  if (names === undefined) {
    throw new KernelError('NOT_SUPPORTED', `${folder} does not exist: mount pstore there (CONFIG_PSTORE).`, {
      path: folder,
    });
  }
  const dumps = names.filter((name) => name.startsWith('dmesg-')).toSorted();
  return joinParts(dumps.slice(0, maxFiles).map((name) => parseDump(name, readDump(`${folder}/${name}`))));
}

/**
 * Removes a record's files, so that the backend has room for the next crash.
 *
 * @throws {@link KernelError} `PERMISSION_DENIED`, `IO`.
 *
 * @example
 * ```ts
 * import { readPstore, removePstoreRecord } from '@klpkit/kernel';
 *
 * for (const record of await readPstore()) await removePstoreRecord(record);
 * ```
 */
export async function removePstoreRecord(record: PstoreRecord, options: KernelOptions = {}): Promise<void> {
  const { root, signal } = contextOf(options);
  signal?.throwIfAborted();
  for (const name of record.files) {
    if (!/^dmesg-[\w.-]{1,200}$/.test(name)) {
      throw new KernelError('INVALID_ARGUMENT', `${JSON.stringify(name)} is no file of a pstore record.`);
    }
    const path = `${root.sysfs}/fs/pstore/${name}`;
    try {
      unlinkSync(path);
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw fileError(error, path, 'removed');
    }
  }
}

interface Part {
  readonly name: string;
  readonly backend: string;
  readonly reason: string | null;
  readonly count: number | null;
  readonly part: number;
  readonly lines: readonly string[];
}

function readDump(path: string): string {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const buffer = Buffer.alloc(maxFileBytes);
    let length = 0;
    for (;;) {
      const bytes = readSync(descriptor, buffer, length, maxFileBytes - length, length);
      length += bytes;
      if (bytes === 0 || length === maxFileBytes) return buffer.toString('utf8', 0, length);
    }
  } catch (error) {
    throw fileError(error, path, 'read');
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** First line `Panic#1 Part1` (fs/pstore/platform.c, pstore_dump), then the log. Names are `dmesg-BACKEND-ID`. */
function parseDump(name: string, text: string): Part {
  const backend = /^dmesg-([a-z_]+)-/.exec(name)?.[1] ?? 'unknown';
  const lines = text.split('\n').filter((line) => line !== '');
  const head = /^([A-Z][A-Za-z ]{1,30})#(\d{1,9}) Part(\d{1,9})$/.exec(lines[0] ?? '');
  if (head === null) return { name, backend, reason: null, count: null, part: 1, lines };
  return {
    name,
    backend,
    reason: head[1] ?? null,
    count: Number(head[2]),
    part: Number(head[3]),
    lines: lines.slice(1),
  };
}

/** Parts of one crash differ in the part number only; the highest is the oldest piece of the log. */
function joinParts(parts: readonly Part[]): PstoreRecord[] {
  const crashes = new Map<string, Part[]>();
  for (const part of parts) {
    const alone = part.count === null ? part.name : `${part.backend} ${part.reason} ${part.count}`;
    const known = crashes.get(alone) ?? [];
    // The same part twice is another boot's crash of the same number.
    const key = known.some((other) => other.part === part.part) ? `${alone} ${part.name}` : alone;
    crashes.set(key, [...(crashes.get(key) ?? []), part]);
  }
  return [...crashes.values()].map((pieces) => {
    const ordered = pieces.toSorted((a, b) => b.part - a.part);
    const [{ backend, reason, count }] = ordered as [Part, ...Part[]];
    return {
      files: ordered.map(({ name }) => name),
      backend,
      reason,
      count,
      lines: ordered.flatMap(({ lines }) => lines),
    };
  });
}
