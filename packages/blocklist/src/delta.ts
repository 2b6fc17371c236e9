import { releaseKeySchema, sha256Schema, timeSchema } from '@klpkit/release';
import * as z from 'zod';
import type { BlockEntry, Blocklist, LiftedEntry } from './blocklist.ts';
import { blocklistDigest } from './canonical.ts';
import { BlocklistError } from './error.ts';
import { compareEntries } from './matching.ts';
import { entrySchema, liftedSchema, maxEntries, parseBlocklist, read } from './parse-blocklist.ts';

/** What changed between two versions of one epoch, and what the whole must hash to. */
export interface BlocklistDelta {
  readonly type: 'blocklist-delta';
  readonly spec: 1;
  readonly epoch: number;
  /** Version that it applies to, and the one that it makes. */
  readonly from: number;
  readonly to: number;
  readonly issued: number;
  readonly expires: number;
  readonly previous: string | null;
  /** Entries that are new or changed. */
  readonly entries: readonly BlockEntry[];
  /** Entries that are gone. */
  readonly removed: readonly { readonly release: string; readonly sha256: string | null }[];
  /** Records of lifting that are new. */
  readonly lifted: readonly LiftedEntry[];
  /** `blocklistDigest` of the result. */
  readonly sha256: string;
}

const deltaSchema: z.ZodType<BlocklistDelta> = z.strictObject({
  type: z.literal('blocklist-delta'),
  spec: z.literal(1),
  epoch: z.int().min(1),
  from: z.int().min(1),
  to: z.int().min(1),
  issued: timeSchema,
  expires: timeSchema,
  previous: sha256Schema.nullable(),
  entries: z.array(entrySchema).max(maxEntries),
  removed: z.array(z.strictObject({ release: releaseKeySchema, sha256: sha256Schema.nullable() })).max(maxEntries),
  lifted: z.array(liftedSchema).max(maxEntries),
  sha256: sha256Schema,
});

/**
 * Reads a delta out of parsed JSON.
 *
 * @throws BlocklistError `MALFORMED_DELTA` or `UNSUPPORTED_SPEC`
 * @example
 * ```ts
 * import { isBlocklistError, parseBlocklistDelta } from '@klpkit/blocklist';
 *
 * try {
 *   parseBlocklistDelta({ type: 'blocklist-delta' });
 * } catch (error) {
 *   if (!isBlocklistError(error, 'MALFORMED_DELTA')) throw error; // else: fetch the whole list
 * }
 * ```
 */
export function parseBlocklistDelta(json: unknown): BlocklistDelta {
  return read(deltaSchema, json, 'MALFORMED_DELTA', 'a delta of a blocklist');
}

/**
 * What leads from one list to a later one of the same epoch. Small where little changed; a client fetches it instead of the whole.
 *
 * @throws BlocklistError `OUT_OF_RANGE` where `to` is not a later version, or has forgotten what was lifted.
 * @example
 * ```ts
 * import { applyBlocklistDelta, block, blocklistDelta, emptyBlocklist } from '@klpkit/blocklist';
 *
 * const from = emptyBlocklist(0);
 * const to = block(from, { release: 'lp-6.1-3', sha256: null, kernels: '*', action: 'no-apply', reason: 'gate', since: 5 }, 5);
 * const same = applyBlocklistDelta(from, blocklistDelta(from, to));
 * ```
 */
export function blocklistDelta(from: Blocklist, to: Blocklist): BlocklistDelta {
  const isPrefix = sameRecords(from.lifted, to.lifted.slice(0, from.lifted.length));
  if (to.epoch !== from.epoch || to.version <= from.version || !isPrefix) {
    throw new BlocklistError(
      'OUT_OF_RANGE',
      'A delta leads to a later version of the same epoch that keeps all records: publish the whole list.',
    );
  }
  const unchanged = new Set(from.entries.map((entry) => JSON.stringify(entry)));
  const kept = new Set(to.entries.map(keyOf));
  return {
    type: 'blocklist-delta',
    spec: 1,
    epoch: to.epoch,
    from: from.version,
    to: to.version,
    issued: to.issued,
    expires: to.expires,
    previous: to.previous,
    entries: to.entries.filter((entry) => !unchanged.has(JSON.stringify(entry))),
    removed: from.entries
      .filter((entry) => !kept.has(keyOf(entry)))
      .map(({ release, sha256 }) => ({ release, sha256 })),
    lifted: to.lifted.slice(from.lifted.length),
    sha256: blocklistDigest(to),
  };
}

/**
 * The list that a delta leads to; it goes through `succeed` as a fetched one would.
 *
 * @throws BlocklistError `DELTA_MISMATCH`: fetch the whole list.
 * @example
 * ```ts
 * import { applyBlocklistDelta, type Blocklist, type BlocklistDelta, succeed } from '@klpkit/blocklist';
 *
 * const follow = (current: Blocklist, delta: BlocklistDelta): Blocklist =>
 *   succeed(current, applyBlocklistDelta(current, delta), { lifts: 'in-list' });
 * ```
 */
export function applyBlocklistDelta(current: Blocklist, delta: BlocklistDelta): Blocklist {
  if (delta.epoch !== current.epoch || delta.from !== current.version) {
    throw mismatch(`The delta is from version ${delta.from}, the list at hand is ${current.version}`);
  }
  const replaced = new Set([...delta.removed, ...delta.entries].map(keyOf));
  const kept = current.entries.filter((entry) => !replaced.has(keyOf(entry)));
  const { epoch, issued, expires, previous } = delta;
  const result: Blocklist = {
    type: 'blocklist',
    spec: 1,
    epoch,
    version: delta.to,
    issued,
    expires,
    previous,
    entries: [...kept, ...delta.entries].toSorted(compareEntries),
    lifted: [...current.lifted, ...delta.lifted],
  };
  if (blocklistDigest(result) !== delta.sha256) throw mismatch('The result is not what the delta promises');
  return parseBlocklist(result);
}

function mismatch(what: string): BlocklistError {
  return new BlocklistError('DELTA_MISMATCH', `${what}: fetch the whole list.`);
}

function keyOf({ release, sha256 }: Pick<BlockEntry, 'release' | 'sha256'>): string {
  return `${release} ${sha256 ?? ''}`;
}

function sameRecords(a: readonly LiftedEntry[], b: readonly LiftedEntry[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
