import type { BlockEntry, Blocklist, LiftedEntry } from './blocklist.ts';
import { blocklistDigest } from './canonical.ts';
import { BlocklistError } from './error.ts';
import { compareEntries, covers, isLiftedBy, joinEntries } from './matching.ts';

/** Whom the reader trusts with taking entries back. */
export interface SucceedOptions {
  /**
   * What has been lifted by the role that may, from its own document; or `in-list` where one key signs everything and the list's own record
   * is enough. An empty list: nothing may vanish.
   */
  readonly lifts: readonly LiftedEntry[] | 'in-list';
  /** The epoch that the root of trust names; the current list's where absent. */
  readonly epoch?: number;
}

/**
 * Decides whether `next` may take the place of `current` and returns the one that counts from now on: `next`, or `current` where
 * `next` says the same and is no newer. Keep the result on disk; a list that is refused leaves the current one in force.
 *
 * The documents' signatures are checked by whoever fetched them: this is the rule that holds even against who can sign.
 *
 * @param current The last list that was accepted; `undefined` the first time.
 * @throws BlocklistError `ROLLBACK`, `EQUIVOCATION`, `ENTRY_VANISHED`, `UNTRUSTED_EPOCH`
 * @example
 * ```ts
 * import { emptyBlocklist, parseBlocklist, succeed } from '@klpkit/blocklist';
 *
 * const current = emptyBlocklist(0);
 * const fetched: unknown = JSON.parse(JSON.stringify(emptyBlocklist(1000)));
 * const list = succeed(current, parseBlocklist(fetched), { lifts: 'in-list' });
 * ```
 */
export function succeed(current: Blocklist | undefined, next: Blocklist, options: SucceedOptions): Blocklist {
  checkEpoch(current, next, options.epoch);
  // A new epoch is the way back after a theft: what the thief had written must be able to go.
  if (current === undefined || next.epoch > current.epoch) return next;
  if (next.version < current.version) {
    throw new BlocklistError(
      'ROLLBACK',
      `Version ${next.version} is older than ${current.version}, which was seen before: try another mirror.`,
    );
  }
  if (next.version === current.version) return renewed(current, next);
  if (next.version === current.version + 1 && next.previous !== blocklistDigest(current)) {
    throw new BlocklistError(
      'EQUIVOCATION',
      `Version ${next.version} does not follow from the version ${current.version} at hand: tell the publisher.`,
    );
  }
  checkNothingVanished(current, next, options.lifts === 'in-list' ? next.lifted : options.lifts);
  return next;
}

/**
 * What two lists forbid together, to decide with when an authentic list is refused by {@link succeed} and its new entries should count all
 * the same. Version and times stay the current list's, so it ages as before. Not to be kept as the current list: it is no version that
 * anybody published.
 *
 * @example
 * ```ts
 * import { emptyBlocklist, unionOf } from '@klpkit/blocklist';
 *
 * const both = unionOf(emptyBlocklist(0), emptyBlocklist(1000));
 * ```
 */
export function unionOf(current: Blocklist, other: Blocklist): Blocklist {
  const joined = new Map<string, BlockEntry>();
  for (const entry of [...current.entries, ...other.entries]) {
    const key = `${entry.release} ${entry.sha256 ?? ''}`;
    const known = joined.get(key);
    joined.set(key, known === undefined ? entry : joinEntries(known, entry));
  }
  return { ...current, entries: [...joined.values()].toSorted(compareEntries) };
}

function checkEpoch(current: Blocklist | undefined, next: Blocklist, trusted: number | undefined): void {
  if (current !== undefined && next.epoch < current.epoch) {
    throw new BlocklistError(
      'ROLLBACK',
      `Epoch ${next.epoch} is older than ${current.epoch}, which was seen before: try another mirror.`,
    );
  }
  const expected = trusted ?? current?.epoch ?? next.epoch;
  if (next.epoch !== expected) {
    throw new BlocklistError(
      'UNTRUSTED_EPOCH',
      `The list is of epoch ${next.epoch}, the root of trust says ${expected}: update the root first.`,
    );
  }
}

function renewed(current: Blocklist, next: Blocklist): Blocklist {
  if (blocklistDigest(next) !== blocklistDigest(current)) {
    throw new BlocklistError(
      'EQUIVOCATION',
      `There are two different lists of version ${next.version}: tell the publisher.`,
    );
  }
  return next.issued > current.issued ? next : current;
}

function checkNothingVanished(current: Blocklist, next: Blocklist, lifts: readonly LiftedEntry[]): void {
  const byKey = Map.groupBy(next.entries, ({ release }) => release);
  for (const entry of current.entries) {
    const kept = byKey.get(entry.release)?.some((candidate) => covers(candidate, entry)) === true;
    if (kept || lifts.some((lift) => isLiftedBy(entry, lift))) continue;
    throw new BlocklistError(
      'ENTRY_VANISHED',
      `The block of ${entry.release} is gone or weaker, and nobody who may has lifted it: tell the publisher.`,
    );
  }
}
