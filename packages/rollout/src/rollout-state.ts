import type { RolloutPlan } from './plan.ts';

/** Who did it: the gate or the plan's policy by themselves, or a person. */
export type Actor =
  | { readonly kind: 'gate' }
  | { readonly kind: 'policy' }
  | { readonly kind: 'person'; readonly name: string };

interface EventBase {
  /** When, epoch ms; never before the event before it. */
  readonly at: number;
  readonly by: Actor;
  /** Why, for the log; asked of a person who overrides. */
  readonly note?: string;
}

/** The tier goes to its next phase. */
export interface AdvanceEvent extends EventBase {
  readonly type: 'advance';
  /** A person may cut the soak time short; the note says why. */
  readonly override?: true;
}

/** The next tier opens; only where this one is full. */
export interface PromoteEvent extends EventBase {
  readonly type: 'promote';
  /** A person may cut the soak time short; the note says why. */
  readonly override?: true;
}

/** Nobody new gets it until a `resume`. */
export interface PauseEvent extends EventBase {
  readonly type: 'pause';
}

/** It goes on where it stood; what had soaked has soaked. Always a person's. */
export interface ResumeEvent extends EventBase {
  readonly type: 'resume';
}

/** It ends: the release is bad. The blocklist says so to machines; only a re-roll follows. */
export interface WithdrawEvent extends EventBase {
  readonly type: 'withdraw';
}

/** The same version is issued again, repaired, under the next key, and begins anew at the first phase of the first tier. */
export interface RerollEvent extends EventBase {
  readonly type: 'reroll';
}

/** All that can happen to a rollout; its log is a list of these. */
export type RolloutEvent = AdvanceEvent | PromoteEvent | PauseEvent | ResumeEvent | WithdrawEvent | RerollEvent;

/** Where one opened tier stands. */
export interface TierProgress {
  readonly tier: string;
  /** Index of the phase in the plan. */
  readonly phase: number;
  /** When the phase began, moved on by the time that was spent paused, epoch ms. */
  readonly soakingSince: number;
}

/** Whether it goes on. */
export type RolloutStatus =
  /** Machines get it as their phase comes. */
  | { readonly kind: 'running' }
  /** Nobody new gets it. */
  | { readonly kind: 'paused'; readonly since: number; readonly by: Actor; readonly note?: string }
  /** It ended badly; only a re-roll follows. */
  | { readonly kind: 'withdrawn'; readonly since: number; readonly by: Actor; readonly note?: string };

/** All there is to know of one release's rollout. Made by `startRollout`, changed by `reduceRollout`, plain data. */
export interface RolloutState {
  readonly release: string;
  readonly plan: RolloutPlan;
  readonly status: RolloutStatus;
  /** Opened tiers in the plan's order; never empty. The last one is where it happens. */
  readonly tiers: readonly TierProgress[];
  readonly startedAt: number;
  /** Of the last event. */
  readonly updatedAt: number;
}
