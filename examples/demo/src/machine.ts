import type { FakeMachine } from '@klpkit/agent/testing';
import { readPatches } from '@klpkit/kernel';
import { type ClientProcess, createClientProcess } from './client-process.ts';
import type { Recorder } from './recorder.ts';

/** A machine of the fleet: the real agent on a fake kernel, run as a process, and what was seen of it. */
export interface Machine extends Pick<FakeMachine, 'tier' | 'nodeId'>, Pick<ClientProcess, 'start' | 'stop'> {
  readonly seen: Recorder;
  /** Stops the client, boots the kernel anew, starts a client as a fresh process would. */
  reboot(): Promise<void>;
  /** Modules of the patches that the kernel's sysfs shows as enabled. */
  patched(): Promise<readonly string[]>;
}

/** Runs the agent of a fleet's machine as a process of its own would. */
export function runMachine(fake: FakeMachine, seen: Recorder): Machine {
  const { tier, nodeId, kernel } = fake;
  const client = createClientProcess(fake);
  const start = (): void => {
    fake.power().addEventListener('abort', () => seen.wentDown(), { once: true });
    client.start();
  };
  return {
    tier,
    nodeId,
    seen,
    start,
    stop: () => client.stop(),
    async reboot() {
      await client.stop();
      await fake.reboot();
      seen.booted();
      start();
    },
    async patched() {
      if (kernel.power === 'down') return [];
      const patches = await readPatches({ root: kernel.root, loader: kernel.loader });
      return patches.filter((patch) => patch.enabled && patch.transition !== true).map((patch) => patch.name);
    },
  };
}
