import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Client, createClient, createHttpsSource, type Schedule } from '@klpkit-examples/client';
import { readPatches } from '@klpkit/kernel';
import { createFakeKernel, type FakeCourse, type FakeKernel } from '@klpkit/kernel/testing';
import type { Trust } from '@klpkit/payload';
import { type NodeId, nodeIdOf } from '@klpkit/rollout';
import { createRecorder, type Recorder } from './recorder.ts';

/** A machine of the fleet: the real client, a fake kernel, a state folder. */
export interface Machine {
  readonly tier: string;
  readonly nodeId: NodeId;
  readonly seen: Recorder;
  /** Starts the client; it checks for ever. */
  start(): void;
  /** Stops the client. Throws what the client ended with, if it ended by itself. */
  stop(): Promise<void>;
  /** Stops the client, boots the kernel anew, starts a client as a fresh process would. */
  reboot(): Promise<void>;
  /** Modules of the patches that the kernel's sysfs shows as enabled. */
  patched(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** What all machines of one tier share. */
export interface MachineOptions {
  readonly folder: string;
  readonly tier: string;
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

/** Makes machine number `index`; the same number is the same machine, with the same buckets, in every run. */
export async function makeMachine(index: number, options: MachineOptions): Promise<Machine> {
  const folder = join(options.folder, `machine-${String(index).padStart(4, '0')}`);
  const machineId = createHash('sha256').update(`klpkit demo machine ${index}`).digest('hex').slice(0, 32);
  const seen = createRecorder();
  const power = { off: new AbortController() };
  const kernel = await plugIn(join(folder, 'kernel'), { options, seen, power });
  const source = createHttpsSource({ url: options.url, ca: options.ca });
  let ran: Promise<void> = Promise.resolve();
  const newClient = () =>
    createClient({
      identity: { machineId, appId: APP_ID, tier: options.tier },
      kernel: { root: kernel.root, loader: kernel.loader },
      trust: options.trust,
      source,
      reporter: source,
      stateFolder: join(folder, 'state'),
      schedule: options.schedule,
      onNotice: (notice) => (notice.kind === 'state' ? seen.observe(notice.state) : undefined),
    });
  const start = () => {
    power.off = new AbortController();
    ran = runUntil(newClient(), power.off.signal);
    ran.catch(() => undefined); // told by stop()
  };
  const stop = () => {
    power.off.abort(new Error('stopped'));
    return ran;
  };
  return {
    tier: options.tier,
    nodeId: nodeIdOf(machineId, APP_ID),
    seen,
    start,
    stop,
    async reboot() {
      await stop();
      await kernel.reboot();
      seen.booted();
      start();
    },
    patched: () => patchesOf(kernel),
    async close() {
      try {
        await stop();
      } finally {
        await kernel.close();
        source.close();
      }
    },
  };
}

interface Socket {
  readonly options: MachineOptions;
  readonly seen: Recorder;
  readonly power: { off: AbortController };
}

async function plugIn(folder: string, { options, seen, power }: Socket): Promise<FakeKernel> {
  await mkdir(folder, { recursive: true });
  return createFakeKernel({
    folder,
    ...options.kernel,
    course({ name }) {
      seen.inserted(name);
      return options.course(name);
    },
    // A machine that goes down takes its client with it.
    onPanic() {
      seen.wentDown();
      power.off.abort(new Error('the machine went down'));
    },
  });
}

async function runUntil(client: Client, off: AbortSignal): Promise<void> {
  try {
    await client.run({ signal: off });
  } catch (error) {
    if (!off.aborted) throw error;
  }
}

async function patchesOf(kernel: FakeKernel): Promise<readonly string[]> {
  if (kernel.power === 'down') return [];
  const patches = await readPatches({ root: kernel.root, loader: kernel.loader });
  return patches.filter((patch) => patch.enabled && patch.transition !== true).map((patch) => patch.name);
}
