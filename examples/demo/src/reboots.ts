import type { Stage } from './good-release.ts';
import { patchedWith } from './good-release.ts';
import type { Machine } from './machine.ts';
import type { DemoPatches } from './patches.ts';
import { until } from './until.ts';

/** The reboot of the whole fleet as the table shows it. */
export interface RebootRow {
  readonly rebooted: number;
  /** Machines that had the faulty patch, and of these those on which it was proven healthy. */
  readonly hadFaulty: number;
  readonly hadFaultyHealthy: number;
  readonly faultyReapplied: number;
  readonly goodReapplied: number;
}

/** Reboots every machine. The good patch is put back, the blocked one is not, not even where it ran well. */
export async function rebootAll({ good, faulty }: DemoPatches, stage: Stage): Promise<RebootRow> {
  const { fleet, progress, expect, signal } = stage;
  const { machines } = fleet;
  const hadFaulty = machines.filter((machine) => insertedIn(machine, faulty.module, 0)).length;
  const hadFaultyHealthy = machines.filter((machine) => machine.seen.healthy().includes(faulty.key)).length;
  await Promise.all(machines.map((machine) => machine.reboot()));
  const bar = progress.bar('reboot of all machines', machines.length);
  const settled = await until(() => {
    const done = machines.filter((one) => one.seen.healthy().includes(good.key) && one.seen.checks() >= 3).length;
    bar.set(done, 'put the good patch back, and checked twice');
    return done === machines.length;
  }, signal);
  bar.end();
  const goodReapplied = (await patchedWith(good.module, fleet)).size;
  const faultyNow = (await patchedWith(faulty.module, fleet)).size;
  const faultyReapplied = machines.filter((machine) => insertedIn(machine, faulty.module, 1)).length;
  expect.truthy('reboot: every machine started, put its patch back and checked again', settled);
  expect.equal('reboot: the good patch is back on every machine, by their kernels', goodReapplied, machines.length);
  expect.equal('reboot: no machine inserted the blocked patch again', faultyReapplied, 0);
  expect.equal('reboot: no kernel shows the blocked patch', faultyNow, 0);
  return { rebooted: machines.length, hadFaulty, hadFaultyHealthy, faultyReapplied, goodReapplied };
}

function insertedIn(machine: Machine, module: string, boot: number): boolean {
  return machine.seen.insertions.some((one) => one.module === module && one.boot === boot);
}
