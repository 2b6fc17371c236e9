/**
 * The livepatch blocklist: the document, how one list may follow another, how it ages, what it forbids when. Pure and synchronous.
 *
 * @packageDocumentation
 */
export type { BlockAction, BlockEntry, BlockEvidence, Blocklist, LiftedEntry, Lifts } from './blocklist.ts';
export { blocklistDigest } from './canonical.ts';
export {
  type ApplyMoment,
  type ApplyReason,
  type BlockDecision,
  type BlockSubject,
  decideApply,
  type DecideApplyOptions,
  decideLoaded,
  defaultStaleReapplyMs,
} from './decide-apply.ts';
export { applyBlocklistDelta, type BlocklistDelta, blocklistDelta, parseBlocklistDelta } from './delta.ts';
export {
  block,
  defaultLifetimeMs,
  emptyBlocklist,
  lift,
  type LifetimeOptions,
  refreshBlocklist,
} from './edit-blocklist.ts';
export { BlocklistError, type BlocklistErrorCode, isBlocklistError } from './error.ts';
export { localEntry } from './local-entry.ts';
export { maxEntries, parseBlocklist, parseLifts } from './parse-blocklist.ts';
export { succeed, type SucceedOptions, unionOf } from './succeed.ts';
