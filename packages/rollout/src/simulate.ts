import { automaticStep } from './automatic-step.ts';
import type { RolloutPlan } from './plan.ts';
import { reduceRollout } from './reduce-rollout.ts';
import type { RolloutEvent } from './rollout-state.ts';
import { handleDue, nextDue, openPhase, type SimulatedFleet, startFleet } from './simulated-fleet.ts';
import type { SimulationPolicy, SimulationPopulation, SimulationResult, SimulationStep } from './simulation.ts';

/** What a simulation needs besides. */
export interface SimulateOptions {
  /** Same seed, same course: 0 to 2^32 - 1. */
  readonly seed: number;
  /** The release's key; `simulated-1` where absent. */
  readonly release?: string;
  readonly signal?: AbortSignal;
}

/**
 * Plays a rollout through before it is tried on machines: draws a fleet and what becomes of each machine, and lets the same plan, gate and policy
 * decide that decide in earnest. Says how many machines a fault would have hit. Simulated time, seeded, some seconds for a million machines.
 *
 * @throws RolloutError `MALFORMED_PLAN`, `OUT_OF_RANGE`
 * @example
 * ```ts
 * import { defaultPlan, simulate } from '@klpkit/rollout';
 *
 * const minuteMs = 60_000;
 * const result = simulate(
 *   defaultPlan,
 *   {
 *     gate: { p0: 0.001, pBad: 0.01, alpha: 0.01, beta: 0.05 },
 *     windowMs: 20 * minuteMs,
 *     maxHoldMs: 1440 * minuteMs,
 *     person: { promotesAfterMs: 240 * minuteMs, onHold: 'advance' },
 *   },
 *   {
 *     tiers: { internal: 50, proposed: 500, updates: 5000, stable: 5000 },
 *     checkIntervalMs: 360 * minuteMs,
 *     answerMs: 15 * minuteMs,
 *     baseline: { crashRate: 0.0002, silentRate: 0.0003 },
 *     fault: { crashRate: 0.05, silentRate: 0, withinMs: 2 * minuteMs },
 *     outages: [],
 *   },
 *   { seed: 1 },
 * );
 * console.log(result.decision, result.machinesReached); // 'halt' after some dozens
 * ```
 */
export function simulate(
  plan: RolloutPlan,
  policy: SimulationPolicy,
  population: SimulationPopulation,
  options: SimulateOptions,
): SimulationResult {
  const fleet = startFleet(plan, policy, population, options);
  const steps = [stepOf(fleet, 'start', 'policy')];
  for (;;) {
    options.signal?.throwIfAborted();
    const due = nextDue(fleet);
    const mayDecide = handleDue(fleet, due);
    if (!mayDecide) continue;
    const step = act(fleet, policy);
    if (step === undefined) continue;
    steps.push(step);
    if (!['advance', 'promote'].includes(step.event)) return resultOf(fleet, steps, step);
  }
}

/** Lets gate, policy and person decide; the step is what came of it. */
function act(fleet: SimulatedFleet, policy: SimulationPolicy): SimulationStep | undefined {
  const report = fleet.gate.report();
  const step = automaticStep(fleet.state, report, fleet.now, { maxHoldMs: policy.maxHoldMs });
  if (step.kind !== 'ask') fleet.askedSince = undefined;
  if (step.kind === 'event') return apply(fleet, step.event);
  if (step.kind === 'wait') return undefined;
  fleet.askedSince ??= fleet.now;
  if (step.reason === 'complete') return isSettled(fleet) ? stepOf(fleet, 'complete', 'policy') : undefined;
  const by = { kind: 'person', name: 'simulated' } as const;
  if (step.reason === 'promotion') {
    const isTaken = fleet.now - fleet.askedSince >= policy.person.promotesAfterMs;
    return isTaken ? apply(fleet, { type: 'promote', at: fleet.now, by }) : undefined;
  }
  if (policy.person.onHold === 'stop' || report.level !== 'none') return stepOf(fleet, 'stop', 'person');
  const progress = fleet.state.tiers.at(-1);
  const phases = fleet.state.plan.tiers[fleet.state.tiers.length - 1]?.phases ?? [];
  const isLast = progress !== undefined && progress.phase + 1 === phases.length;
  return apply(fleet, { type: isLast ? 'promote' : 'advance', at: fleet.now, by });
}

function apply(fleet: SimulatedFleet, event: RolloutEvent): SimulationStep {
  fleet.state = reduceRollout(fleet.state, event);
  if (event.type === 'advance' || event.type === 'promote') openPhase(fleet);
  const name = event.type === 'resume' || event.type === 'reroll' ? 'stop' : event.type;
  return stepOf(fleet, name, event.by.kind);
}

/** Everybody who was to come has come, and their windows are closed. */
function isSettled(fleet: SimulatedFleet): boolean {
  return fleet.toCome === 0 && fleet.gate.report().tally.open === 0;
}

function stepOf(fleet: SimulatedFleet, event: SimulationStep['event'], by: SimulationStep['by']): SimulationStep {
  const { tally, lnHalt, lnAdvance } = fleet.gate.report();
  const progress = fleet.state.tiers.at(-1);
  const phases = fleet.state.plan.tiers[fleet.state.tiers.length - 1]?.phases ?? [];
  return {
    atMs: fleet.now,
    event,
    by,
    tier: progress?.tier ?? '',
    microPercent: phases[progress?.phase ?? 0]?.microPercent ?? 0,
    machinesReached: tally.n,
    failed: tally.crashed + tally.silent,
    open: tally.open,
    lnHalt,
    lnAdvance,
  };
}

function resultOf(fleet: SimulatedFleet, steps: readonly SimulationStep[], last: SimulationStep): SimulationResult {
  const { decision } = fleet.gate.report();
  return {
    machinesReached: last.machinesReached,
    machinesOpen: last.open,
    machinesFailed: fleet.failing,
    machines: fleet.machines,
    decision:
      last.event === 'pause' || last.event === 'withdraw' ? 'halt' : last.event === 'complete' ? decision : 'hold',
    endedAtMs: last.atMs,
    steps,
  };
}
