import { randomUUID } from 'node:crypto';
import {
  createGate,
  decide,
  eligibilityOf,
  type GateEvent,
  nodeIdOf,
  parseRollout,
  parseSimulation,
  type Simulation,
  simulate,
} from '@klpkit/rollout';
import type { BenchContext, BenchRow } from './bench.ts';

export const name = 'rollout: buckets, gate, simulator';

const minuteMs = 60_000;
const policy = { p0: 0.001, pBad: 0.01, alpha: 0.01, beta: 0.05 };

/** A row of something that is no time a call. */
function rowOf(what: string, unit: string, ours: number, target: { readonly below: number } | undefined): BenchRow {
  const sentence = target === undefined ? null : `below ${target.below} ${unit}`;
  return {
    what,
    ours,
    peer: null,
    ratio: null,
    unit,
    target: sentence,
    ok: target === undefined || ours < target.below,
  };
}

/**
 * Calls a second of one core: by the processor's time of this process and not the clock's, because the target is a core's work and a
 * busy machine gives it to others. The best of nine rounds, the first being the warm-up.
 */
function perSecond(what: string, calls: number, target: number | undefined, work: () => unknown): BenchRow {
  let best = 0;
  for (let round = 0; round < 9; round++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    best = Math.max(best, (calls * 1e6) / (user + system));
  }
  const sentence = target === undefined ? null : `at least ${target.toLocaleString('en')} a second`;
  return {
    what,
    ours: best,
    peer: null,
    ratio: null,
    unit: '/s of one core',
    target: sentence,
    ok: best >= (target ?? 0),
  };
}

function buckets(): BenchRow {
  const nodes = Array.from({ length: 100_000 }, (_, index) =>
    nodeIdOf(index.toString(16).padStart(32, '0'), 'f03daaeb1c334b43a732172944bf772e'),
  );
  const rollout = parseRollout({
    release: 'lp-6.8.0-45.1',
    paused: false,
    tiers: [{ tier: 'updates', microPercent: 40_000_000 }],
  });
  return perSecond('bucket decisions', nodes.length, 300_000, () => {
    for (const nodeId of nodes) eligibilityOf({ nodeId, tier: 'updates' }, rollout, 0);
  });
}

/** Two pings a machine, a thousand windows open at a time. */
function pings(): BenchRow {
  const ids = Array.from({ length: 200_000 }, () => randomUUID());
  const events = ids.flatMap((attemptId, index): GateEvent[] => {
    const answered = ids[index - 1000];
    const begun: GateEvent = { kind: 'before', attemptId, at: index };
    return answered === undefined ? [begun] : [begun, { kind: 'good', attemptId: answered, at: index }];
  });
  return perSecond('pings through the gate', events.length, 1_000_000, () => {
    const gate = createGate({ policy, windowMs: 20_000 });
    for (const event of events) gate.take(event);
    return gate.report();
  });
}

function decisions(): BenchRow {
  return perSecond('decisions on counts', 200_000, undefined, () => {
    for (let n = 1000; n < 201_000; n++) decide({ n, failed: 3, open: 50 }, policy);
  });
}

function million(context: BenchContext): BenchRow[] {
  const { plan, population, ...rest } = parseSimulation({
    seed: 1,
    policy: { gate: policy },
    population: {
      tiers: { internal: 1000, proposed: 9000, updates: 490_000, stable: 500_000 },
      baseline: { crashRate: 0.0002, silentRate: 0.0003 },
    },
  });
  const began = performance.now();
  const result = simulate(plan, rest.policy, population, { seed: rest.seed, signal: context.signal });
  const seconds = (performance.now() - began) / 1000;
  if (result.machinesReached !== 1_000_000) throw new Error('the good patch did not reach everybody');
  const mebibytes = process.memoryUsage().rss / 1_048_576;
  return [
    rowOf('1,000,000 machines simulated through the default plan', 's', seconds, { below: 60 }),
    rowOf('resident memory of this process after that', 'MiB', mebibytes, { below: 1024 }),
  ];
}

function faultySimulation(): Simulation {
  const phases = [10, 20, 40, 60, 100].map((percent) => ({
    microPercent: percent * 1_000_000,
    minSoakMs: 720 * minuteMs,
  }));
  return parseSimulation({
    seed: 0,
    plan: { tiers: [{ tier: 'updates', promotion: 'person', phases }] },
    policy: { gate: policy },
    population: { tiers: { updates: 100_000 }, fault: { crashRate: 0.05, silentRate: 0, withinMs: 2 * minuteMs } },
  });
}

function faultyPatch(context: BenchContext): BenchRow[] {
  const { plan, policy: decides, population } = faultySimulation();
  const runs = Array.from({ length: 201 }, (_, seed) =>
    simulate(plan, decides, population, { seed, signal: context.signal }),
  );
  if (runs.some(({ decision }) => decision !== 'halt')) throw new Error('a faulty patch was not halted');
  const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[100] ?? Number.NaN;
  const exposed = median(runs.map(({ machinesReached, machinesOpen }) => machinesReached - machinesOpen));
  const reached = median(runs.map(({ machinesReached }) => machinesReached));
  const what = '5 % of machines fail, tier of 100,000, p0 0.1 %: machines exposed at the halt';
  return [
    rowOf(`${what}, less open ones (median of 201)`, 'machines', exposed, { below: 60 }),
    rowOf(`${what}, with open ones (median of 201)`, 'machines', reached, undefined),
  ];
}

export async function run(context: BenchContext): Promise<BenchRow[]> {
  return [buckets(), pings(), decisions(), ...million(context), ...faultyPatch(context)];
}
