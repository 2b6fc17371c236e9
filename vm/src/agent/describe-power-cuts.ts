import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentLab } from './agent-lab.ts';
import { type AgentRun, runAgent } from './guest-agent.ts';
import type { GuestOrder } from './order.ts';
import { type PatchServer, startPatchServer } from './patch-server.ts';
import { attemptsOf, type PowerCut, powerCuts, wholeCourse } from './power-cuts.ts';

/** A quick soak: the whole course to `healthy` in some seconds. */
const healthDelaysMs = [0, 500, 1000, 1500] as const;
const module = 'klpkit_cmdline_1';
/** Each cut is a boot and a course of the agent, on a host that may be five times slower. */
const cutMs = 600_000;

/** One machine, cut off the power at one point after the other. QEMU is killed, so what its kernel had not written is gone. */
export function describePowerCuts(lab: () => AgentLab): void {
  describe('a power cut', () => {
    let server: PatchServer;
    beforeAll(async () => {
      server = await startPatchServer();
      await server.publish(lab().payload(module), '1');
    });
    afterAll(() => server?.[Symbol.asyncDispose]());

    for (const [number, cut] of powerCuts.entries()) {
      it(cut.point, { timeout: cutMs }, async () => {
        const run = await liveAndCut(lab(), server, number);
        expect(run.exit).toBe('powered-off');
        judgeStart(run, powerCuts[number - 1]);
      });
    }

    it('and after the last one the machine takes the patch, and every ping was counted once', {
      timeout: cutMs,
    }, async () => {
      await using vm = await lab().boot(stateOf(lab()));
      const run = await runAgent(vm, orderOf(server, powerCuts.at(-1)), { name: `${lab().release}-cut-end` });
      judgeStart(run, powerCuts.at(-1));
      expect(run.calls.at(-1)).toBe('healthy');
      expect({ patches: run.patches, cmdline: run.cmdline }).toEqual({ patches: [module], cmdline: 'KLPKIT-MARKER-1' });
      const expected = powerCuts.flatMap(({ told }) => (told === undefined ? [] : [told]));
      expect(attemptsOf(server.pings)).toEqual([...expected, wholeCourse]);
    });
  });
}

const stateOf = (lab: AgentLab): string => lab.stateDisk('power-cuts');

/** A suspect is cleared after it was seen to be one. */
function orderOf({ url, ca }: PatchServer, before: PowerCut | undefined): GuestOrder {
  return { url, ca, healthDelaysMs, checks: 1, clear: before?.after.at(-1)?.startsWith('blocked') === true };
}

/** What the machine is like after the cut before. */
function judgeStart(run: AgentRun, before: PowerCut | undefined): void {
  if (before === undefined) return;
  const { point, after } = before;
  expect({ point, states: run.states.slice(0, after.length) }).toEqual({ point, states: after });
}

/** Boots, lives through what the cut before has left, and is cut anew. */
async function liveAndCut(lab: AgentLab, server: PatchServer, number: number): Promise<AgentRun> {
  const cut = powerCuts[number];
  if (cut === undefined) throw new TypeError(`there is no cut ${number}`);
  await using vm = await lab.boot(stateOf(lab));
  const cutPower = (): void => void vm.kill();
  const order = orderOf(server, powerCuts[number - 1]);
  if (cut.at === 'before-ping-stored') server.cutAt('before', cutPower);
  const at = cut.at === 'before-ping-stored' ? {} : { cut: cut.at };
  return await runAgent(vm, { ...order, ...at }, { name: `${lab.release}-cut-${number}`, onCut: cutPower });
}
