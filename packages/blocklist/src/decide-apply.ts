import type { BlockEntry, Blocklist } from './blocklist.ts';
import { isBlockedBy } from './matching.ts';

/** What is about to be offered or applied. */
export interface BlockSubject {
  /** The release's key. */
  readonly release: string;
  /** SHA-256 of its payload as shipped; `null` where it is not known, then only keys are compared. */
  readonly sha256: string | null;
  /** The running kernel, as `uname -r` says it; `null`: whether it is blocked on any. */
  readonly kernel: string | null;
}

/** At what moment of a patch's life the question is asked. `re-apply` is at boot, of a patch that this machine ran healthy before. */
export type ApplyMoment = 'offer' | 'first-apply' | 're-apply';

/** What the decision depends on besides the list. */
export interface DecideApplyOptions {
  /** Entries of this machine alone, from its crash guard; they need no list and do not age. */
  readonly local?: readonly BlockEntry[];
  /** Whether the last boot with this patch ended in a crash: then it is not applied again, however fresh the list. */
  readonly lastBootCrashed?: boolean;
  /** Newest `issued` ever seen, epoch ms: a clock that was set back does not make a list fresh again. */
  readonly newestIssued?: number;
  /** How long after the list's end a patch may still be applied again at boot, ms; 14 days where absent. */
  readonly staleReapplyMs?: number;
}

/**
 * Why a patch may or may not be applied.
 *
 * - `not-blocked`: the list is current and does not name it.
 * - `stale-but-ran-healthy`: the list has run out, but not too long ago for a patch that ran here before.
 * - `blocked`, `blocked-here`: an entry of the list, or of this machine, forbids it.
 * - `crashed-here`: the last boot with it ended in a crash.
 * - `no-list`: no list was ever seen.
 * - `stale`: the list has run out.
 * - `stale-too-long`: the list has run out even for a patch that ran here before.
 */
export type ApplyReason =
  | 'not-blocked'
  | 'stale-but-ran-healthy'
  | 'blocked'
  | 'blocked-here'
  | 'crashed-here'
  | 'no-list'
  | 'stale'
  | 'stale-too-long';

/** The answer, and the entry that it rests on where one forbids. */
export interface BlockDecision {
  readonly allowed: boolean;
  readonly reason: ApplyReason;
  readonly entry?: BlockEntry;
}

/** 14 days. */
export const defaultStaleReapplyMs = 1_209_600_000;

/**
 * Decides at offer, first apply and re-apply. Entries are asked first, this machine's own before the list's; then whether the list is
 * fresh enough for the moment: when it has run out nothing new is offered or applied, and what ran healthy here is applied again for a
 * bounded time.
 *
 * @param list The last list that was accepted; `undefined` where there never was one.
 * @param now Epoch ms.
 * @example
 * ```ts
 * import { decideApply, emptyBlocklist } from '@klpkit/blocklist';
 *
 * const list = emptyBlocklist(Date.now());
 * const subject = { release: 'lp-6.1-3', sha256: 'ab'.repeat(32), kernel: '6.1.0-50-cloud-amd64' };
 * const answer = decideApply(list, subject, 'first-apply', Date.now()); // { allowed: true, reason: 'not-blocked' }
 * ```
 */
export function decideApply(
  list: Blocklist | undefined,
  subject: BlockSubject,
  when: ApplyMoment,
  now: number,
  options: DecideApplyOptions = {},
): BlockDecision {
  const forbids = (entry: BlockEntry): boolean =>
    (when === 'offer' || entry.action !== 'no-offer') && isBlockedBy(subject, entry);
  const own = options.local?.find(forbids);
  if (own !== undefined) return { allowed: false, reason: 'blocked-here', entry: own };
  const entry = list?.entries.find(forbids);
  if (entry !== undefined) return { allowed: false, reason: 'blocked', entry };
  if (options.lastBootCrashed === true) return { allowed: false, reason: 'crashed-here' };
  if (list === undefined) return { allowed: false, reason: 'no-list' };
  const staleForMs = Math.max(now, options.newestIssued ?? 0, list.issued) - list.expires;
  if (staleForMs < 0) return { allowed: true, reason: 'not-blocked' };
  if (when !== 're-apply') return { allowed: false, reason: 'stale' };
  return staleForMs < (options.staleReapplyMs ?? defaultStaleReapplyMs)
    ? { allowed: true, reason: 'stale-but-ran-healthy' }
    : { allowed: false, reason: 'stale-too-long' };
}

/**
 * What is to be done with a patch that is live: `disable` where an entry says so, else `leave`. A list that has run out never unloads
 * anything.
 *
 * @example
 * ```ts
 * import { decideLoaded, emptyBlocklist } from '@klpkit/blocklist';
 *
 * const subject = { release: 'lp-6.1-3', sha256: 'ab'.repeat(32), kernel: '6.1.0-50-cloud-amd64' };
 * const { action } = decideLoaded(emptyBlocklist(Date.now()), subject); // 'leave'
 * ```
 */
export function decideLoaded(
  list: Blocklist | undefined,
  subject: BlockSubject,
): { readonly action: 'leave' } | { readonly action: 'disable'; readonly entry: BlockEntry } {
  const entry = list?.entries.find((candidate) => candidate.action === 'disable' && isBlockedBy(subject, candidate));
  return entry === undefined ? { action: 'leave' } : { action: 'disable', entry };
}
