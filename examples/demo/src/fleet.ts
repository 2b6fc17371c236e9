import { isWithin, positionOf } from '@klpkit/rollout';
import { type Machine, makeMachine, type MachineOptions } from './machine.ts';

/** All machines of the demo. */
export interface Fleet {
  readonly machines: readonly Machine[];
  /** The machines of a tier that a share of a release reaches, worked out from the buckets alone. */
  reachedBy(release: string, tier: string, microPercent: number): readonly Machine[];
  close(): Promise<void>;
}

/** Makes and starts the machines of all tiers. */
export async function startFleet(
  sizes: Readonly<Record<string, number>>,
  options: Omit<MachineOptions, 'tier'>,
): Promise<Fleet> {
  const tiers = Object.entries(sizes).flatMap(([tier, size]) => Array.from({ length: size }, () => tier));
  const machines = await Promise.all(tiers.map((tier, index) => makeMachine(index, { ...options, tier })));
  for (const machine of machines) machine.start();
  return {
    machines,
    reachedBy: (release, tier, microPercent) =>
      machines.filter(
        (machine) => machine.tier === tier && isWithin(positionOf(machine.nodeId, release), microPercent),
      ),
    async close() {
      await Promise.allSettled(machines.map((machine) => machine.close()));
    },
  };
}
