import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Agent, type AgentStore, createAgent, createFolderStore, type Schedule } from '@klpkit/agent';
import { createHttpsSource, type HttpsSource } from '@klpkit/agent/https';
import { readPatches } from '@klpkit/kernel';
import { createFakeKernel, type FakeCourse, type FakeKernel } from '@klpkit/kernel/testing';
import type { Trust } from '@klpkit/payload';
import { type NodeId, nodeIdOf } from '@klpkit/rollout';
import { createClientProcess } from './client-process.ts';
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
  /** State folders of the clients. */
  readonly folder: string;
  /** Files of the fake kernels. */
  readonly kernelFolder: string;
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
  const name = `machine-${String(index).padStart(4, '0')}`;
  const machineId = createHash('sha256').update(`klpkit demo machine ${index}`).digest('hex').slice(0, 32);
  const seen = createRecorder();
  const kernel = await plugIn(join(options.kernelFolder, name, 'kernel'), {
    options,
    seen,
    onPanic: () => void client.kill().catch(() => undefined),
  });
  const source = createHttpsSource({ url: options.url, ca: options.ca });
  const store = createFolderStore(join(options.folder, name, 'state'));
  const client = createClientProcess(() => agentOf({ options, seen, kernel, source, machineId, store }), store);
  return {
    tier: options.tier,
    nodeId: nodeIdOf(machineId, APP_ID),
    seen,
    start: () => client.start(),
    stop: () => client.stop(),
    async reboot() {
      await client.stop();
      await kernel.reboot();
      seen.booted();
      client.start();
    },
    patched: () => patchesOf(kernel),
    async close() {
      await client.stop().finally(() => source.close());
      await kernel.close();
    },
  };
}

interface AgentParts {
  readonly options: MachineOptions;
  readonly seen: Recorder;
  readonly kernel: FakeKernel;
  readonly source: HttpsSource;
  readonly machineId: string;
  readonly store: AgentStore;
}

function agentOf({ options, seen, kernel, source, machineId, store }: AgentParts): Agent {
  return createAgent({
    identity: { machineId, appId: APP_ID, tier: options.tier },
    kernel: { root: kernel.root, loader: kernel.loader },
    trust: options.trust,
    source,
    reporter: source,
    store,
    schedule: options.schedule,
    onEvent: (event) => (event.kind === 'state' ? seen.observe(event.state) : undefined),
  });
}

interface KernelParts {
  readonly options: MachineOptions;
  readonly seen: Recorder;
  /** A machine that goes down takes its client with it. */
  readonly onPanic: () => void;
}

async function plugIn(folder: string, { options, seen, onPanic }: KernelParts): Promise<FakeKernel> {
  await mkdir(folder, { recursive: true });
  return createFakeKernel({
    folder,
    ...options.kernel,
    course({ name }) {
      seen.inserted(name);
      return options.course(name);
    },
    onPanic() {
      seen.wentDown();
      onPanic();
    },
  });
}

async function patchesOf(kernel: FakeKernel): Promise<readonly string[]> {
  if (kernel.power === 'down') return [];
  const patches = await readPatches({ root: kernel.root, loader: kernel.loader });
  return patches.filter((patch) => patch.enabled && patch.transition !== true).map((patch) => patch.name);
}
