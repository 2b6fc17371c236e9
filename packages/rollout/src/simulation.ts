import type { StreamPolicy } from './decide-tallies.ts';
import type { OpenCap } from './gate-options.ts';
import type { PlanPhase } from './plan.ts';

/** What a machine does besides being good. */
export interface FailureRates {
  /** Share of machines that fail and say so, 0 to 1. */
  readonly crashRate: number;
  /** Share of machines that are never heard of again, 0 to 1. */
  readonly silentRate: number;
}

/** The machines of a simulated fleet. */
export interface SimulationPopulation {
  /** Number of machines in each tier of the plan; a tier that is not named is empty. Together at most 10,000,000. */
  readonly tiers: Readonly<Record<string, number>>;
  /** Every machine asks once in this time, at a time of its own, ms. */
  readonly checkIntervalMs: number;
  /** How long after its beginning a good machine has sent its last health ping, ms; below the gate's window. */
  readonly answerMs: number;
  /** What happens to machines without the patch's doing. */
  readonly baseline: FailureRates;
  /** What the patch adds to it. */
  readonly fault: FailureRates & {
    /** A machine that says that it failed does so at a time between its beginning and this, ms. */
    readonly withinMs: number;
  };
  /** When the receiver is down, ms from the start. */
  readonly outages: readonly { readonly fromMs: number; readonly toMs: number }[];
}

/** Who decides what in a simulated rollout. */
export interface SimulationPolicy {
  readonly gate: StreamPolicy;
  /** The gate's window, ms. */
  readonly windowMs: number;
  /** Limits to open windows; `defaultOpenCaps` where absent. */
  readonly caps?: readonly OpenCap[];
  /** How long after its soak time a phase may hold before a person looks, ms. */
  readonly maxHoldMs: number;
  readonly person: {
    /** How long a person takes to promote when asked, ms. */
    readonly promotesAfterMs: number;
    /** What a person does with a phase that holds too long without a warning: lets it go on, or ends it. */
    readonly onHold: 'advance' | 'stop';
  };
}

/** One thing that happened, with the state of things after it. */
export interface SimulationStep {
  /** From the start, ms. */
  readonly atMs: number;
  readonly event: 'start' | 'advance' | 'promote' | 'pause' | 'withdraw' | 'stop' | 'complete';
  readonly by: 'gate' | 'policy' | 'person';
  readonly tier: string;
  readonly microPercent: PlanPhase['microPercent'];
  /** Machines that have begun. */
  readonly machinesReached: number;
  readonly failed: number;
  readonly open: number;
  readonly lnHalt: number;
  readonly lnAdvance: number;
}

/** How it went. */
export interface SimulationResult {
  /** Machines that began before it ended. */
  readonly machinesReached: number;
  /** Of those, the ones whose window was still open. */
  readonly machinesOpen: number;
  /** Machines that failed, whether the gate knew already or not. */
  readonly machinesFailed: number;
  /** All machines of the plan's tiers. */
  readonly machines: number;
  /** `halt`: the gate ended it. `hold`: it stands still for want of evidence. `advance`: it went through the whole plan, the gate agreeing. */
  readonly decision: 'advance' | 'hold' | 'halt';
  /** Simulated time that it took, ms. */
  readonly endedAtMs: number;
  readonly steps: readonly SimulationStep[];
}
