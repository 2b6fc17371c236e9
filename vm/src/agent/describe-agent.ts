import type { KernelSelector } from '@klpkit/vm';
import { afterAll, beforeAll, describe } from 'vitest';
import { whyNoKernels } from '../availability.ts';
import { type AgentLab, openAgentLab } from './agent-lab.ts';
import { describeCrashes } from './describe-crashes.ts';
import { describePowerCuts } from './describe-power-cuts.ts';

/** Building modules and a root disk, on a machine that has much else to do. */
const prepareMs = 600_000;

const parts = { crashes: describeCrashes, 'power-cuts': describePowerCuts } as const;

/** The agent on a real kernel: patches that take the machine down, and power cuts. */
export function describeAgent(selector: KernelSelector, part: keyof typeof parts): void {
  const reason = whyNoKernels();
  const name = `the agent on ${selector}${reason === undefined ? '' : ` (skipped: ${reason})`}`;
  describe.skipIf(reason !== undefined)(name, () => {
    let lab: AgentLab;
    beforeAll(async () => {
      lab = await openAgentLab(selector);
    }, prepareMs);
    afterAll(() => lab?.[Symbol.asyncDispose]());
    parts[part](() => lab);
  });
}
