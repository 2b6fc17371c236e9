import { access, mkdir, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { defaultCacheFolder } from './cache-folder.ts';
import { unpackPackages } from './debian-archive.ts';
import { ensureTools, findProgram, unpackTools } from './host-tools.ts';

/** Enough for the program headers of any ELF file that a linker makes. */
const headBytes = 4096;
/** elf.h: the segment that names the dynamic loader. */
const PT_INTERP = 3;

/** Whether a 64-bit ELF program runs without a loader and libraries. */
export function isStaticProgram(head: Uint8Array): boolean {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.length < 64 || view.getUint32(0, false) !== 0x7f454c46 || head[4] !== 2) return false;
  const offset = Number(view.getBigUint64(32, true));
  const size = view.getUint16(54, true);
  const count = view.getUint16(56, true);
  if (count === 0 || size < 4 || offset + size * count > head.length) return false;
  for (let index = 0; index < count; index++)
    if (view.getUint32(offset + index * size, true) === PT_INTERP) return false;
  return true;
}

/**
 * The path of a static busybox: the system's where it is one (Debian's package `busybox` is not), else Debian's busybox-static,
 * unpacked into the cache. It is not installed, as that would remove the other.
 */
export async function ensureBusybox(options: {
  readonly cacheFolder?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}): Promise<string> {
  const kept = join(options.cacheFolder ?? defaultCacheFolder(), 'busybox', 'bin', 'busybox');
  for (const path of [await findProgram('busybox'), kept]) {
    if (path !== undefined && (await isStaticFile(path))) return path;
  }
  await ensureTools(unpackTools, { signal: options.signal });
  const folder = dirname(dirname(kept));
  await mkdir(dirname(folder), { recursive: true });
  const draft = await mkdtemp(`${folder}.draft-`);
  try {
    await unpackPackages(['busybox-static'], draft, options.signal);
    await rename(draft, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error; // another process was first
    });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  await access(kept);
  return kept;
}

async function isStaticFile(path: string): Promise<boolean> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return isStaticProgram(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
