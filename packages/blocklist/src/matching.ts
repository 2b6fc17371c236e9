import type { BlockAction, BlockEntry, LiftedEntry } from './blocklist.ts';

/** Actions from the mildest to the strictest. */
export const blockActions: readonly BlockAction[] = ['no-offer', 'no-apply', 'disable'];

/** What an unknown action is taken for. */
export const strictestAction: BlockAction = 'disable';

/** Whether an entry speaks of this: by key or by bytes, on this kernel. Deny beats allow, so either match is enough. */
export function isBlockedBy(
  subject: { readonly release: string; readonly sha256: string | null; readonly kernel: string | null },
  entry: BlockEntry,
): boolean {
  const sameBytes = entry.sha256 !== null && entry.sha256 === subject.sha256;
  if (entry.release !== subject.release && !sameBytes) return false;
  return entry.kernels === '*' || subject.kernel === null || entry.kernels.includes(subject.kernel);
}

/** Whether `wide` forbids all that `narrow` forbids. */
export function covers(wide: BlockEntry, narrow: BlockEntry): boolean {
  if (wide.release !== narrow.release || wide.sha256 !== narrow.sha256) return false;
  if (blockActions.indexOf(wide.action) < blockActions.indexOf(narrow.action)) return false;
  const { kernels } = wide;
  if (kernels === '*') return true;
  return narrow.kernels !== '*' && narrow.kernels.every((kernel) => kernels.includes(kernel));
}

/** Whether a lift speaks of this entry; one that was blocked again later is not lifted by it. */
export function isLiftedBy(entry: BlockEntry, lift: LiftedEntry): boolean {
  return entry.release === lift.release && entry.sha256 === lift.sha256 && entry.since <= lift.since;
}

/** The order of entries in a document. */
export function compareEntries(
  a: Pick<BlockEntry, 'release' | 'sha256'>,
  b: Pick<BlockEntry, 'release' | 'sha256'>,
): number {
  return compareText(a.release, b.release) || compareText(a.sha256 ?? '', b.sha256 ?? '');
}

// By code unit and not by locale: the order is part of what is hashed.
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** One entry that forbids what either of two of the same release and digest forbids. */
export function joinEntries(known: BlockEntry, added: BlockEntry): BlockEntry {
  const stricter = blockActions.indexOf(added.action) > blockActions.indexOf(known.action) ? added : known;
  const kernels =
    known.kernels === '*' || added.kernels === '*' ? '*' : [...new Set([...known.kernels, ...added.kernels])];
  return { ...stricter, kernels, since: Math.max(known.since, added.since) };
}
