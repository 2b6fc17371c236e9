/**
 * What an entry asks for, from the mildest to the strictest.
 *
 * - `no-offer`: it is not offered any more; who has fetched it may apply it.
 * - `no-apply`: neither applied for the first time nor again after a boot. Where it is live it is left, because unloading is a risk too.
 * - `disable`: as `no-apply`, and where it is live it is disabled.
 */
export type BlockAction = 'no-offer' | 'no-apply' | 'disable';

/** What the gate had seen when it blocked. */
export interface BlockEvidence {
  readonly n: number;
  readonly failed: number;
  /** ln E(n, failed). */
  readonly lnE: number;
}

/** One blocked release. */
export interface BlockEntry {
  /** The release's key. */
  readonly release: string;
  /** SHA-256 of its payload as shipped: blocks the same bytes under any key too. `null`: by key alone. */
  readonly sha256: string | null;
  /** Kernels that it is blocked on, as `uname -r` says them, or all. */
  readonly kernels: '*' | readonly string[];
  readonly action: BlockAction;
  /** What the publisher said where the action is one that this version does not know and therefore took for the strictest. */
  readonly statedAction?: string;
  /** Machine-readable reason, lower case with dashes: `gate`, `panics-at-load`. */
  readonly reason: string;
  /** Blocked since, epoch ms. */
  readonly since: number;
  readonly evidence?: BlockEvidence;
}

/** An entry that was taken back: it lifts every entry of this release and digest that is no younger than `since`. */
export interface LiftedEntry {
  readonly release: string;
  readonly sha256: string | null;
  /** `since` of the entry that is lifted. */
  readonly since: number;
  /** Lifted at, epoch ms. */
  readonly at: number;
  readonly reason: string;
}

/** The blocklist document: all that must not run. Versions only rise, entries never vanish silently. */
export interface Blocklist {
  readonly type: 'blocklist';
  readonly spec: 1;
  /** Rises when the root of trust was changed after a theft; versions begin anew with it. */
  readonly epoch: number;
  /** Rises with every change, by one. */
  readonly version: number;
  /** Signed at, epoch ms; renewed without a new version as proof that it is current. */
  readonly issued: number;
  /** Not to be relied on after, epoch ms. */
  readonly expires: number;
  /** `blocklistDigest` of the version before; `null` for the first one of an epoch. */
  readonly previous: string | null;
  /** Sorted by release, then digest. */
  readonly entries: readonly BlockEntry[];
  /** What was lifted and why. A record: whether it has authority is the reader's to say, see `succeed`. */
  readonly lifted: readonly LiftedEntry[];
}

/** The document of the offline role that may lift entries and name the epoch. */
export interface Lifts {
  readonly type: 'blocklist-lifts';
  readonly spec: 1;
  readonly epoch: number;
  readonly version: number;
  readonly entries: readonly LiftedEntry[];
}
