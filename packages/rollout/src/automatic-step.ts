import type { GateDecision } from './decide.ts';
import type { GateReport } from './gate-options.ts';
import { currentPhase } from './reduce-rollout.ts';
import type { RolloutEvent, RolloutState } from './rollout-state.ts';

/**
 * What may happen without a person.
 *
 * - `event`: this; give it to `reduceRollout` and keep it in the log.
 * - `wait`: nothing yet: the phase soaks, the gate does not know enough, or there is a warning.
 * - `ask`: only a person can go on: to promote, to resume, to look after a phase that holds too long, or because all is done.
 */
export type AutomaticStep =
  | { readonly kind: 'event'; readonly event: RolloutEvent }
  | { readonly kind: 'wait'; readonly reason: 'soaking' | 'evidence' | 'warning'; readonly retryAfterMs?: number }
  | { readonly kind: 'ask'; readonly reason: 'promotion' | 'paused' | 'withdrawn' | 'held-too-long' | 'complete' };

/** What the policy leaves open. */
export interface AutomaticStepOptions {
  /** How long after its soak time a phase may hold before a person is asked, ms; a day where absent. */
  readonly maxHoldMs?: number;
}

const dayMs = 86_400_000;

/**
 * The policy's next step: withdraws at level `block`, pauses at `halt` or where too many machines leave, and goes on where the phase has soaked, the gate says `advance` and the level
 * is `none`.
 *
 * @param now Epoch ms.
 * @example
 * ```ts
 * import { automaticStep, decide, defaultPlan, reduceRollout, startRollout } from '@klpkit/rollout';
 *
 * let state = startRollout(defaultPlan, 'lp-6.1-3', 0);
 * const decision = decide({ n: 400, failed: 0, open: 0 }, { p0: 0.001, pBad: 0.01, alpha: 0.01, beta: 0.05 });
 * const step = automaticStep(state, decision, 43_200_000);
 * if (step.kind === 'event') state = reduceRollout(state, step.event); // proposed is open
 * ```
 */
export function automaticStep(
  state: RolloutState,
  decision: GateDecision & Partial<Pick<GateReport, 'cause' | 'lnLeft'>>,
  now: number,
  options: AutomaticStepOptions = {},
): AutomaticStep {
  if (state.status.kind === 'withdrawn') return { kind: 'ask', reason: 'withdrawn' };
  if (decision.level === 'block') {
    return act({ type: 'withdraw', at: now, by: { kind: 'gate' }, note: noteOf(decision) });
  }
  if (state.status.kind === 'paused') return { kind: 'ask', reason: 'paused' };
  if (decision.decision === 'halt' || decision.level === 'halt') {
    return act({ type: 'pause', at: now, by: { kind: 'gate' }, note: noteOf(decision) });
  }
  if (decision.cause === 'left') {
    const note = `ln E of machines that go down in good order is ${(decision.lnLeft ?? 0).toFixed(3)}`;
    return act({ type: 'pause', at: now, by: { kind: 'gate' }, note });
  }
  return goOn(state, decision, now, options.maxHoldMs ?? dayMs);
}

function goOn(state: RolloutState, decision: GateDecision, now: number, maxHoldMs: number): AutomaticStep {
  const { tier, phase, isLastPhase, isLastTier, soakLeftMs } = currentPhase(state, now);
  if (isLastPhase && isLastTier) return { kind: 'ask', reason: 'complete' };
  if (soakLeftMs > 0) return { kind: 'wait', reason: 'soaking', retryAfterMs: soakLeftMs };
  if (decision.decision !== 'advance' || decision.level !== 'none') {
    const since = state.tiers.at(-1)?.soakingSince ?? state.startedAt;
    if (now - since - phase.minSoakMs >= maxHoldMs) return { kind: 'ask', reason: 'held-too-long' };
    return { kind: 'wait', reason: decision.level === 'none' ? 'evidence' : 'warning' };
  }
  if (!isLastPhase) return act({ type: 'advance', at: now, by: { kind: 'gate' } });
  if (tier.promotion === 'person') return { kind: 'ask', reason: 'promotion' };
  return act({ type: 'promote', at: now, by: { kind: 'policy' } });
}

function act(event: RolloutEvent): AutomaticStep {
  return { kind: 'event', event };
}

function noteOf({ lnHalt }: GateDecision): string {
  return `ln E of harm is ${lnHalt.toFixed(3)}`;
}
