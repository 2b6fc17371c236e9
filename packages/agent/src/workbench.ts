import type { Counters, TransitionState } from '@klpkit/kernel';
import type { VerifiedModule } from '@klpkit/payload';
import type { Body } from './body.ts';

/** What one attempt has in its hands between two effects. Not part of the state: it is large, or alive. */
export interface Workbench {
  bytes?: Uint8Array;
  module?: VerifiedModule;
  /** The running watch over the transition. */
  watch?: AsyncIterator<TransitionState>;
  control?: Baseline;
  /** Since when the transition is watched, on the agent's clock. */
  watchedSinceMs?: number;
  /**
   * When the patch was applied, on the agent's clock: a calendar that jumps neither stretches the soak nor cuts it short. Only an agent that comes back in
   * the soak has to believe the calendar, once.
   */
  appliedAtMs?: number;
}

/** How the machine stood before a load, or before a placebo: then without a module. */
export interface Baseline {
  readonly logSeq: number;
  readonly counters: Counters;
  readonly module: string;
}

/** What every effect is given. */
export interface Hands {
  readonly body: Body;
  readonly bench: Workbench;
  readonly signal: AbortSignal | undefined;
}
