import { isWithin, positions } from './bucket.ts';
import { type Due, putDue, takeDue } from './due-heap.ts';
import { RolloutError } from './error.ts';
import { createGate } from './gate.ts';
import type { Gate } from './gate-options.ts';
import type { RolloutPlan } from './plan.ts';
import { createRandom, type Random } from './random.ts';
import { publishedRollout, startRollout } from './reduce-rollout.ts';
import type { RolloutState } from './rollout-state.ts';
import type { SimulationPolicy, SimulationPopulation } from './simulation.ts';

/** Something that will happen to a machine, or to all. */
interface Happening extends Due {
  readonly kind: 'arrive' | 'good' | 'failed' | 'tick' | 'down' | 'up';
  readonly machine: number;
}

/** A fleet in the middle of its simulation; changes in place. */
export interface SimulatedFleet {
  readonly population: SimulationPopulation;
  readonly random: Random;
  readonly gate: Gate;
  readonly happenings: Happening[];
  /** Positions of each tier's machines, sorted, and how many of them have been reached. */
  readonly tiers: ReadonlyMap<string, { readonly positions: Float64Array; reached: number }>;
  /** Machines that would begin but for the cap on open windows. */
  readonly waiting: number[];
  readonly machines: number;
  readonly tickMs: number;
  state: RolloutState;
  now: number;
  order: number;
  /** Number of the next machine that is reached. */
  nextMachine: number;
  /** Machines that are reached and have not begun. */
  toCome: number;
  failing: number;
  askedSince: number | undefined;
}

const maxMachines = 10_000_000;
const longestMs = 315_360_000_000; // ten years: a plan that takes longer does not end

/** A fleet at the start of its rollout, with the first phase open. */
export function startFleet(
  plan: RolloutPlan,
  policy: SimulationPolicy,
  population: SimulationPopulation,
  options: { readonly seed: number; readonly release?: string },
): SimulatedFleet {
  const fleet = emptyFleet(plan, policy, population, options);
  for (const { fromMs, toMs } of population.outages) {
    put(fleet, fromMs, 'down');
    put(fleet, toMs, 'up');
  }
  openPhase(fleet);
  put(fleet, fleet.tickMs, 'tick');
  return fleet;
}

function emptyFleet(
  plan: RolloutPlan,
  { gate: policy, windowMs, caps }: SimulationPolicy,
  population: SimulationPopulation,
  options: { readonly seed: number; readonly release?: string },
): SimulatedFleet {
  const random = createRandom(options.seed);
  const sizes = plan.tiers.map(({ tier }) => ({ tier, size: population.tiers[tier] ?? 0 }));
  const machines = sizes.reduce((sum, { size }) => sum + size, 0);
  if (machines > maxMachines)
    throw new RolloutError('OUT_OF_RANGE', `A simulation has at most ${maxMachines} machines.`);
  return {
    population,
    random,
    gate: createGate({ policy, windowMs, ...(caps === undefined ? {} : { caps }) }),
    happenings: [],
    tiers: new Map(sizes.map(({ tier, size }) => [tier, { positions: drawPositions(size, random), reached: 0 }])),
    waiting: [],
    machines,
    tickMs: Math.max(1000, Math.floor(windowMs / 4)),
    state: startRollout(plan, options.release ?? 'simulated-1', 0),
    now: 0,
    order: 0,
    nextMachine: 0,
    toCome: 0,
    failing: 0,
    askedSince: undefined,
  };
}

/** Lets the machines come that the rollout's state has newly reached, each at the time of its own check. */
export function openPhase(fleet: SimulatedFleet): void {
  for (const { tier, microPercent } of publishedRollout(fleet.state).tiers) {
    const machines = fleet.tiers.get(tier);
    if (machines === undefined) continue;
    for (; machines.reached < machines.positions.length; machines.reached++) {
      const position = machines.positions[machines.reached] ?? 0;
      if (!isWithin(position, microPercent)) break;
      put(fleet, fleet.now + fleet.random() * fleet.population.checkIntervalMs, 'arrive', fleet.nextMachine++);
      fleet.toCome++;
    }
  }
}

/** The next thing that happens; there is always one, because time passes. */
export function nextDue(fleet: SimulatedFleet): Happening {
  const due = takeDue(fleet.happenings);
  if (due === undefined || due.at > longestMs) {
    throw new RolloutError(
      'OUT_OF_RANGE',
      'The plan does not come to an end within ten years: shorten its soak and check times.',
    );
  }
  fleet.now = Math.floor(due.at);
  return due;
}

/** Lets it happen, and says whether it is a time to decide at: after a failure and now and then. */
export function handleDue(fleet: SimulatedFleet, due: Happening): boolean {
  const { gate, now } = fleet;
  const outageEndsAt = fleet.population.outages.find(({ fromMs, toMs }) => fromMs <= due.at && due.at < toMs)?.toMs;
  if (due.kind === 'tick') put(fleet, due.at + fleet.tickMs, 'tick');
  if (due.kind === 'tick' || due.kind === 'down' || due.kind === 'up') {
    gate.take({ kind: due.kind, at: now });
    if (outageEndsAt === undefined) letIn(fleet);
    return outageEndsAt === undefined;
  }
  if (outageEndsAt !== undefined) {
    // Nothing is offered and nothing received; machines keep what they have to say.
    put(fleet, outageEndsAt, due.kind, due.machine);
    return false;
  }
  if (due.kind === 'arrive') fleet.waiting.push(due.machine);
  else gate.take({ kind: due.kind, attemptId: String(due.machine), at: now });
  letIn(fleet);
  return due.kind === 'failed';
}

function letIn(fleet: SimulatedFleet): void {
  while (fleet.waiting.length > 0 && fleet.gate.admits()) {
    const machine = fleet.waiting.pop();
    if (machine !== undefined) begin(fleet, machine);
  }
}

function begin(fleet: SimulatedFleet, machine: number): void {
  const { population, now, random } = fleet;
  const { baseline, fault } = population;
  fleet.toCome--;
  fleet.gate.take({ kind: 'before', attemptId: String(machine), at: now });
  const crashRate = eitherOf(baseline.crashRate, fault.crashRate);
  const silentRate = eitherOf(baseline.silentRate, fault.silentRate);
  const fails = random() < crashRate;
  const isSilent = random() < silentRate;
  if (fails || isSilent) fleet.failing++;
  if (isSilent) return;
  if (fails) put(fleet, now + random() * fault.withinMs, 'failed', machine);
  else put(fleet, now + population.answerMs, 'good', machine);
}

function eitherOf(a: number, b: number): number {
  return a + b - a * b;
}

function put(fleet: SimulatedFleet, at: number, kind: Happening['kind'], machine = -1): void {
  putDue(fleet.happenings, { at, order: fleet.order++, kind, machine });
}

function drawPositions(count: number, random: Random): Float64Array {
  return Float64Array.from({ length: count }, () => Math.floor(random() * positions)).toSorted();
}
