import type { Schedule } from '@klpkit/agent';
import { createHttpsSource } from '@klpkit/agent/https';
import { createFakeFleet } from '@klpkit/agent/testing';
import type { FakeCourse } from '@klpkit/kernel/testing';
import type { Trust } from '@klpkit/payload';
import { isWithin, positionOf } from '@klpkit/rollout';
import { type Machine, runMachine } from './machine.ts';
import { createRecorder } from './recorder.ts';

/** All machines of the demo. */
export interface Fleet {
  readonly machines: readonly Machine[];
  /** The machines of a tier that a share of a release reaches, worked out from the buckets alone. */
  reachedBy(release: string, tier: string, microPercent: number): readonly Machine[];
  close(): Promise<void>;
}

/** What all machines share. */
export interface FleetOptions {
  /** State folders of the clients. */
  readonly folder: string;
  /** Files of the fake kernels. */
  readonly kernelFolder: string;
  readonly url: string;
  readonly ca: string;
  readonly trust: Trust;
  readonly kernel: { readonly release: string; readonly arch: string };
  readonly schedule: Schedule;
  /** What becomes of an insertion of this module. */
  readonly course: (module: string) => FakeCourse;
}

/** The demo's own application id; every fleet has one of its own. */
const APP_ID = '6b6c706b69744064656d6f2e666c6565';

/** Makes and starts the machines of all tiers; each reaches the server by connections of its own. */
export async function startFleet(sizes: Readonly<Record<string, number>>, options: FleetOptions): Promise<Fleet> {
  const { url, ca, course, ...shared } = options;
  const tiers = Object.entries(sizes).flatMap(([tier, size]) => Array.from({ length: size }, () => tier));
  const seen = tiers.map(() => createRecorder());
  const fleet = await createFakeFleet({
    ...shared,
    size: tiers.length,
    appId: APP_ID,
    tier: (index) => tiers[index] ?? '',
    connect() {
      const source = createHttpsSource({ url, ca });
      return { source, reporter: source, close: () => source.close() };
    },
    course(index, module) {
      seen[index]?.inserted(module);
      return course(module);
    },
    onEvent: (index, event) => (event.kind === 'state' ? seen[index]?.observe(event.state) : undefined),
  });
  const machines = fleet.machines.map((fake) => runMachine(fake, seen[fake.index] ?? createRecorder()));
  for (const machine of machines) machine.start();
  return {
    machines,
    reachedBy: (release, tier, microPercent) =>
      machines.filter(
        (machine) => machine.tier === tier && isWithin(positionOf(machine.nodeId, release), microPercent),
      ),
    async close() {
      await Promise.allSettled(machines.map((machine) => machine.stop()));
      await fleet[Symbol.asyncDispose]();
    },
  };
}
