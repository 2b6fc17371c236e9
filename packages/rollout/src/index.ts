/**
 * Phased rollout of livepatches: buckets, tiers and phases, the statistical gate, a simulator. Pure and synchronous.
 *
 * @packageDocumentation
 */
export { automaticStep, type AutomaticStep, type AutomaticStepOptions } from './automatic-step.ts';
export { allMicroPercent, isWithin, percentOf, positionOf, positions } from './bucket.ts';
export {
  decide,
  type Evidence,
  type GateDecision,
  type GateLevel,
  gateLevels,
  type GatePolicy,
  levelOf,
} from './decide.ts';
export { decideTallies, otherStratum, type StreamPolicy } from './decide-tallies.ts';
export { type DeparturePolicy, isLeaving, lnLeftEvidence } from './departures.ts';
export { advanceShares, haltRatios, lnAdvanceEvidence, lnHaltEvidence } from './e-process.ts';
export { type Eligibility, eligibilityOf, type HoldReason, type Subject } from './eligibility.ts';
export { isRolloutError, RolloutError, type RolloutErrorCode } from './error.ts';
export { explain, type ExplainOptions } from './explain.ts';
export { createGate, defaultOpenCaps } from './gate.ts';
export {
  type GateAnswer,
  type GateBefore,
  type GateClock,
  type GateEvent,
  gateEventOf,
  type GateEventOptions,
  type GateExpect,
  type GateOutcome,
  type PingLike,
} from './gate-event.ts';
export type { Gate, GateCause, GateOptions, GateReport, OpenCap } from './gate-options.ts';
export { clopperPearson, type RateInterval, upperRateLimit, wilsonInterval } from './intervals.ts';
export type { LocalPolicy, MaintenanceWindow, Weekday } from './local-policy.ts';
export { type NodeId, nodeIdOf, readMachineId } from './node-id.ts';
export { defaultPlan, parseRolloutPlan, type PlanPhase, type PlanTier, type RolloutPlan } from './plan.ts';
export { currentPhase, publishedRollout, reduceRollout, startRollout } from './reduce-rollout.ts';
export { parseSimulation, type Simulation } from './parse-simulation.ts';
export { type RecordedPing, replayPings, type ReplayResult, type ReplayStep } from './replay.ts';
export { parseRollout, type Rollout, type TierRollout } from './rollout.ts';
export type {
  Actor,
  AdvanceEvent,
  PauseEvent,
  PromoteEvent,
  RerollEvent,
  ResumeEvent,
  RolloutEvent,
  RolloutState,
  RolloutStatus,
  TierProgress,
  WithdrawEvent,
} from './rollout-state.ts';
export {
  expectedShareOf,
  lnSampleRatioEvidence,
  reduceSampleRatio,
  type SampleRatio,
  sampleRatioLimit,
  startSampleRatio,
} from './sample-ratio.ts';
export { simulate, type SimulateOptions } from './simulate.ts';
export type {
  FailureRates,
  SimulationPolicy,
  SimulationPopulation,
  SimulationResult,
  SimulationStep,
} from './simulation.ts';
export { emptyTally, evidenceOf, reduceTally, type Tally, type TallyEvent } from './tally.ts';
export {
  type Arm,
  lnTwoSampleEvidence,
  reduceTwoSample,
  startTwoSample,
  type TwoSample,
  type TwoSampleFailure,
} from './two-sample.ts';
export { type WaldTest, waldTest } from './wald.ts';
