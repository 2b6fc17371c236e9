import type { KernelSelector } from '@klpkit/vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, it } from 'vitest';
import { whyNoKernels } from '../availability.ts';
import { type AgentLab, openAgentLab } from './agent-lab.ts';
import { crashScenarios, type Stage } from './crash-scenarios.ts';
import { runAgent } from './guest-agent.ts';
import { type PatchServer, startPatchServer } from './patch-server.ts';

const quickSoak = [0, 500, 1000, 1500] as const;
/** Some boots and courses, on a host that may be five times slower. */
const limit = { timeout: 1_200_000 };
/** Building modules and a root disk, on such a host. */
const prepareMs = 600_000;

/** The agent on a real kernel: bad patches, one scenario and one machine each. */
export function describeCrashes(selector: KernelSelector): void {
  const reason = whyNoKernels();
  const skipped = reason === undefined ? '' : ` (skipped: ${reason})`;
  describe.skipIf(reason !== undefined)(`the agent on ${selector}${skipped}: a patch`, () => {
    let lab: AgentLab;
    let server: PatchServer;
    beforeAll(async () => {
      lab = await openAgentLab(selector);
    }, prepareMs);
    afterAll(() => lab?.[Symbol.asyncDispose]());
    beforeEach(async () => {
      server = await startPatchServer();
    });
    afterEach(() => server?.[Symbol.asyncDispose]());
    for (const [name, run] of crashScenarios) it(name, limit, () => run(stageOf(lab, server)));
  });
}

function stageOf(lab: AgentLab, server: PatchServer): Stage {
  const { url, ca } = server;
  return {
    boot: (name) => lab.boot(name),
    live: (vm, name, order = {}) =>
      runAgent(vm, { url, ca, healthDelaysMs: quickSoak, checks: 1, ...order }, `${lab.release}-${name}`),
    publish: (module, version, hiddenOffers) => server.publish(lab.payload(module), version, hiddenOffers),
    errors: () => server.pings.filter((ping) => ping.kind === 'error'),
  };
}
