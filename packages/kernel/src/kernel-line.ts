import { parseLogRecord } from '@klpkit/kernel-log';
import { isKernelError } from './error.ts';
import type { Context } from './context.ts';
import { lastLogSequence, readKernelLog } from './read-kernel-log.ts';

/** Records looked at for the kernel's line. */
const maxRecords = 1024;

/** Longest line handed on. */
const maxLineChars = 512;

/** Where the log stands before a change; `null` where it cannot be read, which never keeps a load from being made. */
export async function markLog({ root, signal }: Context): Promise<number | null> {
  try {
    return await lastLogSequence(signal === undefined ? { root } : { root, signal });
  } catch (error) {
    if (isKernelError(error)) return null;
    throw error;
  }
}

/**
 * The kernel's own line on a refused load, from the records since the mark: the first one of facility 0 that the module loader,
 * the signature check or the livepatch core writes for a failure. A tampered module has none. For an inserter that `died` it is
 * the first line of a fault.
 */
export async function findKernelLine(
  name: string,
  outcome: 'refused' | 'died',
  mark: number | null,
  { root }: Context,
): Promise<string | undefined> {
  if (mark === null) return undefined;
  const speaks = outcome === 'died' ? speaksOfFault : (text: string) => speaksOfRefusal(text, name);
  try {
    let count = 0;
    for await (const record of readKernelLog({ root, from: { seq: mark + 1 }, onGap: () => undefined })) {
      count += 1;
      if (count > maxRecords) return undefined;
      const parsed = parseLogRecord(record, { format: 'kmsg' });
      if (parsed?.facility === 0 && speaks(parsed.text)) return parsed.text.slice(0, maxLineChars);
    }
    return undefined;
  } catch (error) {
    if (isKernelError(error)) return undefined;
    throw error;
  }
}

/** Beginnings of the lines of kernel/module/, crypto/asymmetric_keys/ and security/ on a refusal. */
const refusalStarts = [
  'Loading of ',
  'Module ',
  'Invalid ELF ',
  'Invalid architecture in ELF header',
  'ELF Spec violation',
  'Only one .modinfo',
  'module: ',
  'PKCS#7',
  'PKCS7: ',
  'X.509: ',
  'Lockdown: ',
  'decompression failed',
  'not an xz compressed module',
  'not a gzip compressed module',
  'not a zstd compressed module',
];

/** Notices that a load which goes well prints too. */
const moduleNotices =
  /: (?:loading out-of-tree module|tainting kernel with|module verification failed|module license |bad vermagic|unknown parameter |loading module not compiled)/;
const livepatchNotices =
  /^livepatch: (?:enabling patch |signaling remaining|applying patch |'[^']{0,60}': (?:starting|patching complete|unpatching complete))/;

/** First lines of a fault on every architecture (the fault handlers under arch/, lib/bug.c); the scanner of kernel-log tells more. */
const speaksOfFault = (text: string): boolean =>
  /^(?:BUG: |Oops|kernel BUG at|Unable to handle kernel|Internal error: |general protection fault|Kernel panic)/.test(
    text,
  );

function speaksOfRefusal(text: string, name: string): boolean {
  if (text.startsWith('livepatch: ')) return !livepatchNotices.test(text);
  if (text.startsWith(`${name}: `) || text.startsWith(`module ${name}: `)) return !moduleNotices.test(text);
  return refusalStarts.some((start) => text.startsWith(start));
}
