import { parseTrust } from '@klpkit/payload';
import { createCourses } from './courses.ts';
import { demoPhases, demoPlan, demoSchedule, describeSpeed } from './demo-plan.ts';
import { createExpectations } from './expectations.ts';
import { releaseFaulty } from './faulty-release.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { rollOut, type Stage } from './good-release.ts';
import { type Host, startHost } from './host.ts';
import type { DemoOptions } from './options.ts';
import { type DemoPatches, makePatches } from './patches.ts';
import type { Progress } from './progress.ts';
import { rebootAll } from './reboots.ts';
import { renderSummary } from './summary.ts';
import type { WorkingFolder } from './working-folder.ts';

/** What a run works with. */
export interface DemoRun {
  readonly options: DemoOptions;
  readonly folder: WorkingFolder;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** The whole story on a fleet of fake kernels; true if everything happened as it should. */
export async function runFleetDemo(run: DemoRun): Promise<boolean> {
  const { progress, folder, signal } = run;
  const patches = await makePatches();
  progress.say(`Signed ${patches.good.module}.ko (${patches.good.release.kernel}) with a key made for this run.`);
  const host = await startHost({ folder: folder.path, trust: patches.certificate, plan: demoPlan, signal });
  try {
    progress.say(`The example server answers on ${host.url}, with a PostgreSQL of its own.`);
    const fleet = await startMachines(patches, host, run);
    try {
      return await tell(patches, { admin: host.admin, fleet, progress, signal, expect: createExpectations() }, run);
    } finally {
      await fleet.close();
    }
  } finally {
    await host.close();
  }
}

async function startMachines(patches: DemoPatches, host: Host, run: DemoRun): Promise<Fleet> {
  const { updates, stable, speed } = run.options;
  const { kernel: release, arch } = patches.good.release;
  const fleet = await startFleet(
    { updates, stable },
    {
      folder: run.folder.path,
      kernelFolder: run.folder.memory,
      url: host.url,
      ca: host.ca,
      trust: await parseTrust({ certificates: [patches.certificate] }),
      kernel: { release, arch },
      schedule: demoSchedule(speed),
      course: createCourses(patches.faulty.module),
    },
  );
  run.progress.say(
    `${fleet.machines.length} machines run the client, each on its own fake kernel: ${updates} updates, ${stable} stable.`,
  );
  run.progress.say(describeSpeed(speed));
  return fleet;
}

async function tell(patches: DemoPatches, stage: Stage, { progress }: DemoRun): Promise<boolean> {
  const phases = await rollOut(patches.good, demoPhases, stage);
  const faulty = await releaseFaulty(patches.faulty, stage);
  const reboot = await rebootAll(patches, stage);
  const ended = await Promise.allSettled(stage.fleet.machines.map((machine) => machine.stop()));
  const died = ended.filter(({ status }) => status === 'rejected').length;
  stage.expect.equal('no client ended by itself', died, 0);
  const expectations = stage.expect.all();
  const { key: goodKey } = patches.good;
  progress.say(renderSummary({ goodKey, faultyKey: patches.faulty.key, phases, faulty, reboot, expectations }));
  return expectations.length > 0 && expectations.every((one) => one.held);
}
