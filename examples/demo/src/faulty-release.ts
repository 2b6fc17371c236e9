import type { Machine } from './machine.ts';
import type { Stage } from './good-release.ts';
import { patchedWith } from './good-release.ts';
import type { DemoPatch } from './patches.ts';
import { until } from './until.ts';

/** The faulty release as the table shows it. */
export interface FaultyRow {
  /** Machines that inserted it. */
  readonly exposed: number;
  /** Of these: an oops was reported, the machine panicked, nothing was seen. */
  readonly oopsed: number;
  readonly down: number;
  readonly unharmed: number;
  /** What the gate had seen when it put the release on the blocklist. */
  readonly haltedAt: string;
  readonly haltedAfterMs: number;
  /** Machines that inserted it on a check begun after the block was public. */
  readonly laterTakers: number;
  /** Checks that those machines made meanwhile without taking it. */
  readonly laterChecks: number;
}

/** Every machine looks at least so often after the block before the demo believes that nobody takes the release. */
const CHECKS_AFTER_BLOCK = 2;

/** Releases the faulty patch and watches the gate stop it. */
export async function releaseFaulty(patch: DemoPatch, stage: Stage): Promise<FaultyRow> {
  const { admin, fleet, expect } = stage;
  const began = performance.now();
  await admin.publish(patch.release, patch.bytes);
  const phase = fleet.reachedBy(patch.key, 'updates', 10_000_000);
  const { haltedAt, publicAt } = await watchHalt(patch, phase.length, stage);
  const haltedAfterMs = performance.now() - began;
  const { state } = await admin.report(patch.key);
  expect.equal('faulty: the gate halted the rollout', state.status.kind, 'paused');
  expect.truthy('faulty: the server refuses to advance it', !(await admin.event(patch.key, 'advance')));
  const laterChecks = await watchNobody(stage);
  const outcomes = outcomesOf(patch, fleet.machines);
  const laterTakers = takers(patch, fleet.machines, (decidedAt) => decidedAt > publicAt).length;
  const outside = takers(patch, fleet.machines).filter((machine) => !phase.includes(machine)).length;
  const now = await patchedWith(patch.module, fleet);
  expect.equal('faulty: no further machine took it after the block', laterTakers, 0);
  expect.equal('faulty: no machine outside of its first phase took it', outside, 0);
  expect.truthy('faulty: some machines held it without harm', outcomes.unharmed > 0);
  expect.equal('faulty: the kernels of its takers that are up show it', now.size, outcomes.exposed - outcomes.down);
  return { ...outcomes, haltedAt, haltedAfterMs, laterTakers, laterChecks };
}

/** Until the entry is on the blocklist; gives the gate's evidence, and the time from which on every check sees the entry. */
async function watchHalt(
  { key, module }: DemoPatch,
  inPhase: number,
  { admin, fleet, progress, expect, signal }: Stage,
) {
  const bar = progress.bar(`${key} updates 10 %`, inPhase);
  const entryOf = async () => (await admin.blocklist()).entries.find(({ release }) => release === key);
  const isBlocked = async () => {
    const { evidence, decision } = await admin.report(key);
    const took = takers({ module }, fleet.machines).length;
    bar.set(took, `took it; ${evidence.failed} failed, gate: ${decision.decision} (${decision.level})`);
    return (await entryOf()) !== undefined;
  };
  expect.truthy('faulty: the gate put it on the blocklist', await until(isBlocked, signal));
  const publicAt = Date.now();
  const { n = 0, failed = 0, lnE = 0 } = (await entryOf())?.evidence ?? {};
  const haltedAt = `${failed} of ${n} failed, E = ${formatE(lnE)}`;
  bar.end(`halted and blocklisted at ${haltedAt}`);
  return { haltedAt, publicAt };
}

/** Lets every running machine check some times more; gives how many checks that were. */
async function watchNobody({ fleet, progress, expect, signal }: Stage): Promise<number> {
  const up = fleet.machines.filter((machine) => machine.seen.state().kind !== 'down');
  const from = new Map(up.map((machine) => [machine, machine.seen.checks()]));
  const since = (machine: Machine) => machine.seen.checks() - (from.get(machine) ?? 0);
  const bar = progress.bar('checks after the block', up.length);
  const done = await until(() => {
    const enough = up.filter((machine) => since(machine) >= CHECKS_AFTER_BLOCK).length;
    bar.set(enough, `machines looked ${CHECKS_AFTER_BLOCK} times more`);
    return enough === up.length;
  }, signal);
  bar.end('nobody takes it');
  expect.truthy(`faulty: every machine that is up looked ${CHECKS_AFTER_BLOCK} times more`, done);
  return up.reduce((sum, machine) => sum + since(machine), 0);
}

function takers(
  { module }: Pick<DemoPatch, 'module'>,
  machines: readonly Machine[],
  when: (decidedAt: number) => boolean = () => true,
) {
  return machines.filter((machine) =>
    machine.seen.insertions.some((one) => one.module === module && when(one.decidedAt)),
  );
}

function outcomesOf(patch: DemoPatch, machines: readonly Machine[]) {
  const all = takers(patch, machines);
  const down = all.filter((machine) => machine.seen.state().kind === 'down').length;
  const unharmed = all.filter((machine) => machine.seen.healthy().includes(patch.key)).length;
  return { exposed: all.length, down, unharmed, oopsed: all.length - down - unharmed };
}

/** E is a likelihood ratio against "no worse than usual"; the gate halts at 100 and blocks at 1000. */
function formatE(lnE: number): string {
  const value = Math.exp(lnE);
  return value < 1e6 ? Math.round(value).toLocaleString('en') : value.toExponential(1);
}
