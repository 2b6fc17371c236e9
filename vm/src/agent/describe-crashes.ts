import type { Vm } from '@klpkit/vm';
import { afterAll, afterEach, beforeEach, describe, it } from 'vitest';
import type { AgentLab } from './agent-lab.ts';
import { crashScenarios, type Stage } from './crash-scenarios.ts';
import { diskScenarios } from './disk-scenarios.ts';
import { runAgent } from './guest-agent.ts';
import { type PatchServer, startPatchServer } from './patch-server.ts';
import { attemptsOf } from './power-cuts.ts';

const quickSoak = [0, 500, 1000, 1500] as const;
/** Some boots and courses, on a host that may be five times slower. */
const limit = { timeout: 1_200_000 };

/** Bad patches and bad disks, one scenario each; a machine each where it goes down, else one for all. */
export function describeCrashes(lab: () => AgentLab): void {
  let server: PatchServer;
  let machine: Promise<Vm> | undefined;
  const common = () => (machine ??= lab().boot(lab().stateDisk('common')));
  beforeEach(async () => {
    server = await startPatchServer();
  });
  afterEach(() => server?.[Symbol.asyncDispose]());
  afterAll(async () => (await machine)?.[Symbol.asyncDispose]());
  const all = [
    ['a patch', crashScenarios],
    ['a state folder', diskScenarios],
  ] as const;
  for (const [what, scenarios] of all) {
    describe(what, () => {
      for (const [name, run] of scenarios) it(name, limit, () => run(stageOf(lab(), server, common)));
    });
  }
}

function stageOf(lab: AgentLab, server: PatchServer, common: Stage['common']): Stage {
  const { url, ca } = server;
  return {
    boot: (name) => lab.boot(lab.stateDisk(name), { survives: true }),
    common,
    live: (vm, name, order = {}) =>
      runAgent(
        vm,
        { url, ca, healthDelaysMs: quickSoak, checks: 1, clear: false, ...order },
        { name: `${lab.release}-${name}` },
      ),
    publish: (module, version, hiddenOffers) => server.publish(lab.payload(module), version, hiddenOffers),
    errors: () => server.pings.filter((ping) => ping.kind === 'error'),
    attempts: () => attemptsOf(server.pings),
  };
}
