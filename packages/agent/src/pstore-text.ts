import { createHash } from 'node:crypto';
import { type KernelOptions, type PstoreRecord, isKernelError, readPstore } from '@klpkit/kernel';
import { MAX_PSTORE } from './memory.ts';

/** What pstore holds now, by digest of the text: names of files are given away again. Empty where there is no pstore. */
export async function pstoreDigests(options: KernelOptions): Promise<string[]> {
  return (await records(options)).map(digestOf).slice(-MAX_PSTORE);
}

/** The lines of crashes that are not among the known ones, oldest record first. */
export async function newPstoreLines(known: readonly string[], options: KernelOptions): Promise<string[]> {
  return (await records(options)).filter((record) => !known.includes(digestOf(record))).flatMap(({ lines }) => lines);
}

/** Trouble with pstore never stands in the way of the patching or of the report: it is an extra. */
async function records(options: KernelOptions): Promise<readonly PstoreRecord[]> {
  try {
    return await readPstore(options);
  } catch (error) {
    if (isKernelError(error)) return [];
    throw error;
  }
}

function digestOf({ lines }: PstoreRecord): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 32);
}
