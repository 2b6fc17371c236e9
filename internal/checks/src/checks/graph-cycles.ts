import type { Check } from '../check.ts';
import { findCycle } from '../graph/cycles.ts';
import { workspacePackages } from '../workspace/packages.ts';

/** No package of the workspace depends on itself through others. devDependencies count not: a test may use the testkit that uses its package. */
export const graphCycles: Check = {
  name: 'graph: cycles',
  async run({ root }) {
    const packages = await workspacePackages(root);
    const names = new Set(packages.map((each) => each.name));
    const graph = new Map(
      packages.map(({ name, manifest }) => [
        name,
        Object.keys({
          ...manifest.dependencies,
          ...manifest.optionalDependencies,
          ...manifest.peerDependencies,
        }).filter((each) => names.has(each)),
      ]),
    );
    const cycle = findCycle(graph);
    return cycle === undefined
      ? []
      : [
          {
            where: cycle[0] as string,
            message: `cycle: ${cycle.join(' -> ')}`,
            next: 'turn one arrow into an argument or a port',
          },
        ];
  },
};
