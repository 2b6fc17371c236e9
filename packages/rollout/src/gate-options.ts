import type { GateDecision } from './decide.ts';
import type { StreamPolicy } from './decide-tallies.ts';
import type { GateEvent, GateOutcome } from './gate-event.ts';
import type { Tally } from './tally.ts';

/** How many windows may be open at once, from so many closed ones on. */
export interface OpenCap {
  /** Windows of patched machines that have closed, 0 or more; rising. */
  readonly fromClosed: number;
  readonly maxOpen: number;
}

/** What a gate decides with. */
export interface GateOptions {
  readonly policy: StreamPolicy;
  /** How long a machine has to answer, ms, from the receipt of its `before`. */
  readonly windowMs: number;
  /**
   * What a machine must have sent when its window runs out, not to count as silent: `good`, the last health ping (the default), or only
   * `alive`, any answer after the insertion.
   */
  readonly answer?: 'good' | 'alive';
  /**
   * What failures are held against: the policy's rates (the default), the control machines, or the mean of both processes.
   */
  readonly baseline?: 'rates' | 'control' | 'both';
  /** Limits to open windows; `defaultOpenCaps` where absent, none where empty. */
  readonly caps?: readonly OpenCap[];
  /**
   * How long windows stand still after an outage of the receiver ended, ms, so that machines can send what they kept; 10 minutes where
   * absent.
   */
  readonly settleMs?: number;
  /** Share of patched machines among those that begin, until an `expect` event says otherwise; 1 (no control) where absent. */
  readonly expectedShare?: number;
}

/**
 * - `harm`: it halts, because failures are too many.
 * - `left`: it holds and is to be paused, because machines go down in good order more often than is normal.
 * - `proof`: it advances, because the bad rate is excluded.
 * - `sample-ratio`: it holds, because pings do not come from the machines they should come from.
 * - `not-yet`: it holds, because what is known does not exclude the bad rate.
 */
export type GateCause = 'harm' | 'left' | 'proof' | 'sample-ratio' | 'not-yet';

/** All that the gate knows and what it decides. */
export interface GateReport extends GateDecision {
  readonly cause: GateCause;
  /** Patched machines of all strata together. */
  readonly tally: Tally;
  /** Control machines. */
  readonly control: Tally;
  /** ln E of the departures, see `lnLeftEvidence`. */
  readonly lnLeft: number;
  /** ln E of the sample-ratio check. */
  readonly lnSampleRatio: number;
  /** ln E of the two-sample process. */
  readonly lnTwoSample: number;
}

/** The stream of one release's pings, folded. */
export interface Gate {
  /** Takes one event, in constant time, and says what it was counted as. Times that go back are taken as the latest one. */
  take(event: GateEvent): GateOutcome;
  report(): GateReport;
  /** Whether one more machine may begin, as far as open windows are concerned. */
  admits(): boolean;
}
