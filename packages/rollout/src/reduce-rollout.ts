import { parseReleaseKey, releaseKey } from '@klpkit/release';
import { RolloutError } from './error.ts';
import type { PlanPhase, PlanTier, RolloutPlan } from './plan.ts';
import { parseRolloutPlan } from './plan.ts';
import type { Rollout, TierRollout } from './rollout.ts';
import type { AdvanceEvent, PromoteEvent, RolloutEvent, RolloutState, TierProgress } from './rollout-state.ts';

/**
 * A new rollout: the first tier in its first phase.
 *
 * @param release The release's key.
 * @param now Epoch ms.
 * @throws RolloutError `MALFORMED_PLAN`; ReleaseError `MALFORMED_KEY`.
 * @example
 * ```ts
 * import { defaultPlan, publishedRollout, startRollout } from '@klpkit/rollout';
 *
 * const rollout = publishedRollout(startRollout(defaultPlan, 'lp-6.1-3', Date.now()));
 * ```
 */
export function startRollout(plan: RolloutPlan, release: string, now: number): RolloutState {
  parseReleaseKey(release);
  const checked = parseRolloutPlan(plan);
  const tiers = [{ tier: tierAt(checked, 0).tier, phase: 0, soakingSince: now }];
  return { release, plan: checked, status: { kind: 'running' }, tiers, startedAt: now, updatedAt: now };
}

/**
 * The state after one event. Pure: the same events from the same start always give the same state, so a state is audited by folding
 * its log again (`events.reduce(reduceRollout, start)`).
 *
 * @throws RolloutError `ILLEGAL_EVENT` where the event may not happen in this state; the message says what may.
 * @example
 * ```ts
 * import { defaultPlan, reduceRollout, startRollout } from '@klpkit/rollout';
 *
 * const started = startRollout(defaultPlan, 'lp-6.1-3', 0);
 * const paused = reduceRollout(started, { type: 'pause', at: 60_000, by: { kind: 'person', name: 'ada' }, note: 'odd graphs' });
 * ```
 */
export function reduceRollout(state: RolloutState, event: RolloutEvent): RolloutState {
  if (!Number.isSafeInteger(event.at) || event.at < state.updatedAt) {
    throw illegal('Events are taken in the order of their times: this one is older than the last.');
  }
  const next = { ...state, updatedAt: event.at };
  if (state.status.kind === 'withdrawn' && event.type !== 'reroll') {
    throw illegal('The release was withdrawn: issue it again with a re-roll.');
  }
  switch (event.type) {
    case 'advance':
      return { ...next, tiers: [...state.tiers.slice(0, -1), advanced(state, event)] };
    case 'promote':
      return { ...next, tiers: [...state.tiers, promoted(state, event)] };
    case 'pause':
      if (state.status.kind === 'paused') throw illegal('The rollout is paused already.');
      return { ...next, status: { kind: 'paused', since: event.at, ...reasonOf(event) } };
    case 'resume':
      return resumed(next, event);
    case 'withdraw':
      return { ...next, status: { kind: 'withdrawn', since: event.at, ...reasonOf(event) } };
    case 'reroll': {
      const identity = parseReleaseKey(state.release);
      return startRollout(state.plan, releaseKey({ ...identity, reroll: identity.reroll + 1 }), event.at);
    }
    default:
      throw illegal('The event is of an unknown type.');
  }
}

/**
 * What machines are told. Tiers that have not been opened are not in it.
 *
 * @example
 * ```ts
 * import { defaultPlan, publishedRollout, startRollout } from '@klpkit/rollout';
 *
 * const rollout = publishedRollout(startRollout(defaultPlan, 'lp-6.1-3', 0));
 * // { release: 'lp-6.1-3', paused: false, tiers: [{ tier: 'internal', microPercent: 100000000 }] }
 * ```
 */
export function publishedRollout(state: RolloutState): Rollout {
  const tiers = state.tiers.map((progress, index): TierRollout => {
    const { phases } = tierAt(state.plan, index);
    const { microPercent, minSoakMs } = phaseAt(phases, progress.phase);
    const grows = progress.phase + 1 < phases.length && state.status.kind === 'running';
    const entry = { tier: progress.tier, microPercent };
    return grows ? { ...entry, nextPhaseAt: progress.soakingSince + minSoakMs } : entry;
  });
  return { release: state.release, paused: state.status.kind !== 'running', tiers };
}

/**
 * Where the rollout stands now: the last opened tier, its phase, and what is left of its soak time.
 *
 * @example
 * ```ts
 * import { currentPhase, defaultPlan, startRollout } from '@klpkit/rollout';
 *
 * const { soakLeftMs } = currentPhase(startRollout(defaultPlan, 'lp-6.1-3', 0), 3_600_000); // 11 hours
 * ```
 */
export function currentPhase(
  state: RolloutState,
  now: number,
): {
  readonly tier: PlanTier;
  readonly phase: PlanPhase;
  readonly isLastPhase: boolean;
  readonly isLastTier: boolean;
  readonly soakLeftMs: number;
} {
  const progress = lastOf(state);
  const tier = tierAt(state.plan, state.tiers.length - 1);
  const phase = phaseAt(tier.phases, progress.phase);
  const clock = state.status.kind === 'running' ? now : state.status.since;
  return {
    tier,
    phase,
    isLastPhase: progress.phase + 1 === tier.phases.length,
    isLastTier: state.tiers.length === state.plan.tiers.length,
    soakLeftMs: Math.max(0, progress.soakingSince + phase.minSoakMs - clock),
  };
}

function advanced(state: RolloutState, event: AdvanceEvent): TierProgress {
  const { isLastPhase, soakLeftMs } = currentPhase(state, event.at);
  checkRunning(state);
  if (isLastPhase) throw illegal('The tier is at its last phase: promote the release to the next tier.');
  checkSoaked(event, soakLeftMs);
  const progress = lastOf(state);
  return { tier: progress.tier, phase: progress.phase + 1, soakingSince: event.at };
}

function promoted(state: RolloutState, event: PromoteEvent): TierProgress {
  const { tier, isLastPhase, isLastTier, soakLeftMs } = currentPhase(state, event.at);
  checkRunning(state);
  if (isLastTier) throw illegal('The release has reached the last tier: there is nothing to promote it to.');
  if (tier.promotion === 'person' && event.by.kind !== 'person')
    throw illegal('The plan leaves the promotion from this tier to a person.');
  if (!isLastPhase) throw illegal('The tier is not full yet: advance it first.');
  checkSoaked(event, soakLeftMs);
  return { tier: tierAt(state.plan, state.tiers.length).tier, phase: 0, soakingSince: event.at };
}

function resumed(state: RolloutState, event: RolloutEvent): RolloutState {
  if (state.status.kind !== 'paused') throw illegal('The rollout is not paused.');
  if (event.by.kind !== 'person') throw illegal('A paused rollout goes on at the word of a person alone.');
  const pausedMs = event.at - state.status.since;
  const tiers = state.tiers.map((progress) => ({ ...progress, soakingSince: progress.soakingSince + pausedMs }));
  return { ...state, tiers, status: { kind: 'running' } };
}

function checkRunning(state: RolloutState): void {
  if (state.status.kind !== 'running') throw illegal('The rollout is paused: resume it first.');
}

function checkSoaked(event: AdvanceEvent | PromoteEvent, soakLeftMs: number): void {
  if (event.override === true) {
    if (event.by.kind === 'person' && (event.note ?? '') !== '') return;
    throw illegal('Only a person may override, and the note must say why.');
  }
  if (soakLeftMs > 0) throw illegal(`The phase has to soak for another ${soakLeftMs} ms.`);
}

function reasonOf(event: RolloutEvent): { by: RolloutEvent['by']; note?: string } {
  return event.note === undefined ? { by: event.by } : { by: event.by, note: event.note };
}

function lastOf(state: RolloutState): TierProgress {
  const progress = state.tiers.at(-1);
  if (progress === undefined) throw illegal('The state has no tier: it was not made by startRollout.');
  return progress;
}

function tierAt(plan: RolloutPlan, index: number): PlanTier {
  const tier = plan.tiers[index];
  if (tier === undefined) throw illegal('The state has more tiers than its plan: it was not made by startRollout.');
  return tier;
}

function phaseAt(phases: readonly PlanPhase[], index: number): PlanPhase {
  const phase = phases[index];
  if (phase === undefined)
    throw illegal('The state names a phase that its plan does not have: it was not made by startRollout.');
  return phase;
}

function illegal(message: string): RolloutError {
  return new RolloutError('ILLEGAL_EVENT', message);
}
