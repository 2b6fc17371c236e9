import { afterEach, beforeEach, describe, it } from 'vitest';
import type { AgentLab } from './agent-lab.ts';
import { crashScenarios, type Stage } from './crash-scenarios.ts';
import { runAgent } from './guest-agent.ts';
import { type PatchServer, startPatchServer } from './patch-server.ts';

const quickSoak = [0, 500, 1000, 1500] as const;
/** Some boots and courses, on a host that may be five times slower. */
const limit = { timeout: 1_200_000 };

/** Bad patches, one scenario and one machine each. */
export function describeCrashes(lab: () => AgentLab): void {
  describe('a patch', () => {
    let server: PatchServer;
    beforeEach(async () => {
      server = await startPatchServer();
    });
    afterEach(() => server?.[Symbol.asyncDispose]());
    for (const [name, run] of crashScenarios) it(name, limit, () => run(stageOf(lab(), server)));
  });
}

function stageOf(lab: AgentLab, server: PatchServer): Stage {
  const { url, ca } = server;
  return {
    boot: (name) => lab.boot(lab.stateDisk(name), { survives: true }),
    live: (vm, name, order = {}) =>
      runAgent(
        vm,
        { url, ca, healthDelaysMs: quickSoak, checks: 1, clear: false, ...order },
        { name: `${lab.release}-${name}` },
      ),
    publish: (module, version, hiddenOffers) => server.publish(lab.payload(module), version, hiddenOffers),
    errors: () => server.pings.filter((ping) => ping.kind === 'error'),
  };
}
