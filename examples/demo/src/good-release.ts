import type { Admin } from './admin.ts';
import type { Expectations } from './expectations.ts';
import type { Fleet } from './fleet.ts';
import type { Machine } from './machine.ts';
import type { DemoPatch } from './patches.ts';
import type { Progress } from './progress.ts';
import { until } from './until.ts';

/** What the stories of the demo share. */
export interface Stage {
  readonly admin: Admin;
  readonly fleet: Fleet;
  readonly progress: Progress;
  readonly expect: Expectations;
  readonly signal: AbortSignal;
}

/** One phase as the table shows it. */
export interface PhaseRow {
  readonly tier: string;
  readonly percent: number;
  /** Machines that the bucket function puts into the phase. */
  readonly inPhase: number;
  /** Machines whose kernel shows the patch as enabled. */
  readonly patched: number;
  /** Machines that the server has counted as good. */
  readonly good: number;
  /** Pings about the release in the database, checks left out. */
  readonly pings: number;
  readonly gate: string;
}

/** A phase of the plan, in micro-percent. */
export interface DemoPhase {
  readonly tier: string;
  readonly microPercent: number;
}

/** Rolls the good release out, phase by phase, and holds the server's numbers against what each kernel shows. */
export async function rollOut(patch: DemoPatch, phases: readonly DemoPhase[], stage: Stage): Promise<PhaseRow[]> {
  const { admin, fleet, expect, signal } = stage;
  await admin.publish(patch.release, patch.bytes);
  const rows: PhaseRow[] = [];
  const reached = new Set<Machine>();
  for (const [index, phase] of phases.entries()) {
    const before = phases[index - 1];
    if (before !== undefined) {
      const type = before.tier === phase.tier ? 'advance' : 'promote';
      const opened = await until(() => admin.event(patch.key, type), signal); // refused while the phase soaks
      expect.truthy(`${nameOf(phase)}: the server opens the phase after the soak`, opened);
    }
    for (const machine of fleet.reachedBy(patch.key, phase.tier, phase.microPercent)) reached.add(machine);
    rows.push(await watchPhase(patch, phase, reached, stage));
  }
  return rows;
}

async function watchPhase(
  patch: DemoPatch,
  phase: DemoPhase,
  reached: ReadonlySet<Machine>,
  { admin, fleet, progress, expect, signal }: Stage,
): Promise<PhaseRow> {
  const name = nameOf(phase);
  const bar = progress.bar(`${patch.key} ${name}`, reached.size);
  const isDone = async () => {
    const healthy = [...reached].filter((machine) => machine.seen.healthy().includes(patch.key)).length;
    bar.set(healthy, 'healthy');
    if (healthy < reached.size) return false;
    const { evidence } = await admin.report(patch.key);
    return evidence.n === reached.size && evidence.open === 0;
  };
  await until(isDone, signal);
  const { evidence, decision } = await admin.report(patch.key);
  const patched = await patchedWith(patch.module, fleet);
  const pings = await admin.pings(patch.key);
  const good = evidence.n - evidence.failed - evidence.open;
  expect.equal(
    `${name}: exactly the machines of the phase are patched, by their kernels`,
    difference(patched, reached),
    0,
  );
  expect.equal(`${name}: the server counted them all as good`, good, reached.size);
  bar.end(`${patched.size} patched, ${pings} pings, gate: ${decision.decision}`);
  const percent = phase.microPercent / 1_000_000;
  return {
    tier: phase.tier,
    percent,
    inPhase: reached.size,
    patched: patched.size,
    good,
    pings,
    gate: decision.decision,
  };
}

/** The machines whose kernel shows this module as an enabled patch. */
export async function patchedWith(module: string, fleet: Fleet): Promise<ReadonlySet<Machine>> {
  const found = await Promise.all(
    fleet.machines.map(async (machine) => ((await machine.patched()).includes(module) ? [machine] : [])),
  );
  return new Set(found.flat());
}

function difference(one: ReadonlySet<Machine>, other: ReadonlySet<Machine>): number {
  return (
    [...one].filter((machine) => !other.has(machine)).length + [...other].filter((machine) => !one.has(machine)).length
  );
}

const nameOf = ({ tier, microPercent }: DemoPhase) => `${tier} ${microPercent / 1_000_000} %`;
