import type { BlockEntry, Blocklist, LiftedEntry } from './blocklist.ts';
import { blocklistDigest } from './canonical.ts';
import { BlocklistError } from './error.ts';
import { compareEntries, isLiftedBy, joinEntries } from './matching.ts';
import { entrySchema, parseBlocklist, read } from './parse-blocklist.ts';

/** How long a list is good for where nothing else is said, ms: 3 days. */
export const defaultLifetimeMs = 259_200_000;

/** What whoever publishes may choose. */
export interface LifetimeOptions {
  /** From `issued` to `expires`, ms; the list's own so far where absent. */
  readonly lifetimeMs?: number;
}

/**
 * The first list of an epoch.
 *
 * @param now Epoch ms.
 * @throws BlocklistError `MALFORMED_BLOCKLIST` where an option is out of range.
 * @example
 * ```ts
 * import { emptyBlocklist } from '@klpkit/blocklist';
 *
 * const list = emptyBlocklist(Date.now(), { lifetimeMs: 86_400_000 });
 * ```
 */
export function emptyBlocklist(now: number, options: LifetimeOptions & { epoch?: number } = {}): Blocklist {
  return parseBlocklist({
    type: 'blocklist',
    spec: 1,
    epoch: options.epoch ?? 1,
    version: 1,
    issued: now,
    expires: now + (options.lifetimeMs ?? defaultLifetimeMs),
    previous: null,
    entries: [],
    lifted: [],
  });
}

/**
 * The next version, with an entry more. Where the release is blocked already, the two are joined to the stricter of both.
 *
 * @param now Epoch ms.
 * @throws BlocklistError `MALFORMED_BLOCKLIST` where the entry is not one.
 * @example
 * ```ts
 * import { block, emptyBlocklist } from '@klpkit/blocklist';
 *
 * const now = Date.now();
 * const list = block(
 *   emptyBlocklist(now),
 *   { release: 'lp-6.1-3', sha256: null, kernels: '*', action: 'no-apply', reason: 'panics-at-load', since: now },
 *   now,
 * );
 * ```
 */
export function block(list: Blocklist, entry: BlockEntry, now: number, options: LifetimeOptions = {}): Blocklist {
  const added = read(entrySchema, entry, 'MALFORMED_BLOCKLIST', 'an entry of a blocklist');
  const same = list.entries.find((known) => compareEntries(known, added) === 0);
  const others = list.entries.filter((known) => known !== same);
  const joined = same === undefined ? added : joinEntries(same, added);
  return nextVersion(list, { entries: [...others, joined].toSorted(compareEntries) }, now, options);
}

/**
 * The next version, with the entries of a release lifted: gone from the list, and on record in `lifted`. Clients follow only where whom
 * they trust with it has said so too, see `succeed`.
 *
 * @param lifted What is lifted, when and why.
 * @throws BlocklistError `OUT_OF_RANGE` where no entry is lifted by it.
 * @example
 * ```ts
 * import { block, emptyBlocklist, lift } from '@klpkit/blocklist';
 *
 * const blocked = block(
 *   emptyBlocklist(0),
 *   { release: 'lp-6.1-3', sha256: null, kernels: '*', action: 'no-apply', reason: 'by-mistake', since: 0 },
 *   1000,
 * );
 * const lifted = lift(blocked, { release: 'lp-6.1-3', sha256: null, since: 0, at: 2000, reason: 'was-a-mistake' }, 2000);
 * ```
 */
export function lift(list: Blocklist, lifted: LiftedEntry, now: number, options: LifetimeOptions = {}): Blocklist {
  const entries = list.entries.filter((entry) => !isLiftedBy(entry, lifted));
  if (entries.length === list.entries.length) {
    throw new BlocklistError(
      'OUT_OF_RANGE',
      'No entry of the list is lifted by this: take release, digest and since from the entry.',
    );
  }
  return nextVersion(list, { entries, lifted: [...list.lifted, lifted] }, now, options);
}

/**
 * The same version, signed anew: proof that the list is current though nothing changed.
 *
 * @param now Epoch ms, not before the list was issued.
 * @throws BlocklistError `OUT_OF_RANGE`
 * @example
 * ```ts
 * import { emptyBlocklist, refreshBlocklist } from '@klpkit/blocklist';
 *
 * const fresh = refreshBlocklist(emptyBlocklist(0), 86_400_000);
 * ```
 */
export function refreshBlocklist(list: Blocklist, now: number, options: LifetimeOptions = {}): Blocklist {
  if (now < list.issued)
    throw new BlocklistError('OUT_OF_RANGE', 'A list is not renewed to an earlier time: check the clock.');
  return parseBlocklist({ ...list, issued: now, expires: now + lifetimeOf(list, options) });
}

function nextVersion(
  list: Blocklist,
  change: Partial<Pick<Blocklist, 'entries' | 'lifted'>>,
  now: number,
  options: LifetimeOptions,
): Blocklist {
  const issued = Math.max(now, list.issued);
  const changed = { ...list, ...change, version: list.version + 1, previous: blocklistDigest(list), issued };
  return parseBlocklist({ ...changed, expires: issued + lifetimeOf(list, options) });
}

function lifetimeOf(list: Blocklist, options: LifetimeOptions): number {
  return options.lifetimeMs ?? list.expires - list.issued;
}
