import { allMicroPercent, checkMicroPercent, isWithin, positionOf } from './bucket.ts';
import type { LocalPolicy } from './local-policy.ts';
import { millisecondsToWindow } from './maintenance-window.ts';
import type { NodeId } from './node-id.ts';
import type { Rollout } from './rollout.ts';

/** A machine as far as the rollout asks about it. */
export interface Subject {
  /** `undefined` where the machine has no id of its own: it is the last to be reached, at 100 %. */
  readonly nodeId: NodeId | undefined;
  /** The tier it asks in. */
  readonly tier: string;
  readonly policy?: LocalPolicy;
}

/**
 * Why a machine has to wait.
 *
 * - `never`: its owner takes nothing.
 * - `outside-window`: no maintenance window is open; the time says when the next one opens.
 * - `paused`: the rollout stands still.
 * - `tier-not-reached`: the release has not come to this tier yet.
 * - `no-machine-id`: the machine cannot be told from others, so it waits for 100 %.
 * - `not-in-phase`: not its turn yet; the time, where there is one, says when the next phase may begin at the earliest.
 */
export type HoldReason = 'never' | 'outside-window' | 'paused' | 'tier-not-reached' | 'no-machine-id' | 'not-in-phase';

/** Whether a release may be applied here and now; where not, why, and where it is known, after what time to ask again. */
export type Eligibility =
  | { readonly eligible: true }
  | { readonly eligible: false; readonly reason: HoldReason; readonly retryAfterMs?: number };

/**
 * Decides whether it is this machine's turn. Asked in this order: never, maintenance window, pause, tier, phase; `always` skips the phase
 * and nothing else. The blocklist is asked before, by whoever composes the two.
 *
 * Pure: nothing leaves the machine, and the same arguments give the same answer.
 *
 * @param now Epoch ms.
 * @example
 * ```ts
 * import { eligibilityOf, nodeIdOf, parseRollout } from '@klpkit/rollout';
 *
 * const rollout = parseRollout({ release: 'lp-6.8.0-45.1', paused: false, tiers: [{ tier: 'updates', microPercent: 40_000_000 }] });
 * const nodeId = nodeIdOf('0102030405060708090a0b0c0d0e0f10', 'f03daaeb1c334b43a732172944bf772e');
 * const answer = eligibilityOf({ nodeId, tier: 'updates' }, rollout, Date.now()); // { eligible: true }
 * ```
 */
export function eligibilityOf(subject: Subject, rollout: Rollout, now: number): Eligibility {
  const policy = subject.policy ?? {};
  if (policy.never === true) return no('never');
  const untilWindowMs = policy.windows === undefined ? 0 : millisecondsToWindow(policy.windows, now);
  if (untilWindowMs !== 0) return no('outside-window', untilWindowMs);
  if (rollout.paused) return no('paused');
  const reached = rollout.tiers.find(({ tier }) => tier === subject.tier);
  if (reached === undefined) return no('tier-not-reached');
  checkMicroPercent(reached.microPercent);
  if (policy.always === true) return { eligible: true };
  if (reached.microPercent === allMicroPercent) return { eligible: true };
  const waitMs = reached.nextPhaseAt === undefined ? undefined : Math.max(0, reached.nextPhaseAt - now) || undefined;
  if (subject.nodeId === undefined) return no('no-machine-id', waitMs);
  if (isWithin(positionOf(subject.nodeId, rollout.release), reached.microPercent)) return { eligible: true };
  return no('not-in-phase', waitMs);
}

function no(reason: HoldReason, retryAfterMs?: number): Eligibility {
  return retryAfterMs === undefined ? { eligible: false, reason } : { eligible: false, reason, retryAfterMs };
}
