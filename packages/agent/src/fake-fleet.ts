import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeKernel, type FakeCourse, type FakeKernel } from '@klpkit/kernel/testing';
import type { Trust } from '@klpkit/payload';
import { type NodeId, nodeIdOf } from '@klpkit/rollout';
import { createAgent } from './agent.ts';
import { createFolderStore } from './folder-store.ts';
import type { Agent, AgentEvent, AgentPolicy, Identity, Reporter, Schedule, Source } from './ports.ts';
import { defaultSchedule, fasterSchedule } from './schedule.ts';
import type { AgentStore } from './store.ts';

/** One machine of a fleet: a fake kernel, a store that outlives its reboots, and the agent that runs now. */
export interface FakeMachine {
  /** From 0 on. The same number is the same machine, with the same buckets, in every fleet of the same `appId`. */
  readonly index: number;
  readonly tier: string;
  /** What its buckets are computed from: `positionOf` of `@klpkit/rollout` says beforehand which machines a share reaches. */
  readonly nodeId: NodeId;
  readonly kernel: FakeKernel;
  readonly store: AgentStore;
  /** The agent of this boot; another one after {@link FakeMachine.reboot}. */
  agent(): Agent;
  /** Aborts when the kernel panics: hand it to the agent's calls, as nothing runs on a machine that is down. Another one after a reboot. */
  power(): AbortSignal;
  /**
   * Takes the agent away without a word, boots the kernel anew and makes a fresh agent, as after a reset. For a reboot in order, shut the agent down
   * before.
   */
  reboot(): Promise<void>;
}

/** How a machine reaches its server. */
export interface FakeConnection {
  readonly source: Source;
  readonly reporter: Reporter;
  close?(): void;
}

/** What a fleet is made from. */
export interface FakeFleetOptions {
  /** An existing, empty folder: state and kernels of all machines, about 40 files each. The caller removes it. */
  readonly folder: string;
  /** Another such folder for the kernels alone: one in memory (`/dev/shm`) is as fast as sysfs, while the states stay on a disk. */
  readonly kernelFolder?: string;
  readonly size: number;
  /** Asked once a machine; may give all of them the same one. */
  readonly connect: (index: number) => FakeConnection;
  readonly trust: Trust;
  /** Of all machines, or of each. */
  readonly tier: string | ((index: number) => string);
  /** 32 hex digits. */
  readonly appId: string;
  /** Of all machines; the fake kernel's own by default. */
  readonly kernel?: { readonly release: string; readonly arch: string };
  /** What becomes of an insertion; it goes well by default. */
  readonly course?: (index: number, module: string) => FakeCourse;
  /** A thousand times faster than the default by default. */
  readonly schedule?: Schedule;
  readonly policy?: AgentPolicy;
  readonly onEvent?: (index: number, event: AgentEvent) => void;
  /** Where each machine's state is kept; a folder by default, and for a load test one in memory. */
  readonly store?: (index: number, folder: string) => AgentStore;
}

/** Many real agents in one process, on fake kernels. */
export interface FakeFleet extends AsyncDisposable {
  readonly machines: readonly FakeMachine[];
  /** One call for each machine, so many at a time; the results in the machines' order. */
  each<T>(work: (machine: FakeMachine) => Promise<T>, options?: { readonly atATime?: number }): Promise<T[]>;
}

/** As many machines are worked with at once where nothing is said: more only wait for each other. */
const AT_A_TIME = 32;

/**
 * Makes a fleet of real agents on fake kernels: for tests of a server, of a policy, for load. Nothing runs until an agent is told to.
 *
 * @example
 * ```ts
 * import { type FakeConnection, createFakeFleet } from '@klpkit/agent/testing';
 * import type { Trust } from '@klpkit/payload';
 *
 * export async function howManyGetIt(folder: string, trust: Trust, connection: FakeConnection): Promise<number> {
 *   const appId = 'f03daaeb1c334b43a732172944bf772e';
 *   await using fleet = await createFakeFleet({ folder, size: 1000, trust, appId, tier: 'updates', connect: () => connection });
 *   const ends = await fleet.each((machine) => machine.agent().check());
 *   return ends.filter(({ kind }) => kind === 'healthy').length;
 * }
 * ```
 */
export async function createFakeFleet(options: FakeFleetOptions): Promise<FakeFleet> {
  const made = await eachOf(Array.from({ length: options.size }).keys(), AT_A_TIME, (index) =>
    makeMachine(index, options),
  );
  return {
    machines: made.map(({ machine }) => machine),
    each: (work, { atATime = AT_A_TIME } = {}) => eachOf(made.values(), atATime, ({ machine }) => work(machine)),
    async [Symbol.asyncDispose]() {
      await eachOf(made.values(), AT_A_TIME, ({ close }) => close());
    },
  };
}

async function makeMachine(
  index: number,
  options: FakeFleetOptions,
): Promise<{ machine: FakeMachine; close: () => Promise<void> }> {
  const { folder, kernelFolder = folder, tier, appId } = options;
  const home = join(folder, String(index));
  let power = new AbortController();
  const kernel = await plugIn(join(kernelFolder, String(index), 'kernel'), index, {
    ...options,
    onPanic: () => power.abort(new Error(`machine ${index} is down`)),
  });
  const identity = { machineId: machineIdOf(index), appId, tier: typeof tier === 'string' ? tier : tier(index) };
  const store = options.store?.(index, home) ?? createFolderStore(join(home, 'state'));
  const connection = options.connect(index);
  const newAgent = (): Agent => agentOf(index, { options, identity, kernel, store, connection });
  let agent = newAgent();
  return {
    machine: {
      index,
      tier: identity.tier,
      nodeId: nodeIdOf(identity.machineId, appId),
      kernel,
      store,
      agent: () => agent,
      power: () => power.signal,
      async reboot() {
        await store.unlock(); // whose holder is dead
        await kernel.reboot();
        power = new AbortController();
        agent = newAgent();
      },
    },
    async close() {
      await (power.signal.aborted ? store.unlock() : agent.shutdown());
      connection.close?.();
      await kernel.close();
    },
  };
}

async function plugIn(
  folder: string,
  index: number,
  { course, kernel, onPanic }: Pick<FakeFleetOptions, 'course' | 'kernel'> & { readonly onPanic: () => void },
): Promise<FakeKernel> {
  await mkdir(folder, { recursive: true });
  return createFakeKernel({
    folder,
    ...kernel,
    onPanic,
    ...(course === undefined ? {} : { course: ({ name }) => course(index, name) }),
  });
}

const machineIdOf = (index: number): string =>
  createHash('sha256').update(`klpkit fake machine ${index}`).digest('hex').slice(0, 32);

interface Parts {
  readonly options: FakeFleetOptions;
  readonly identity: Identity;
  readonly kernel: FakeKernel;
  readonly store: AgentStore;
  readonly connection: FakeConnection;
}

function agentOf(index: number, { options, identity, kernel, store, connection }: Parts): Agent {
  const { trust, onEvent, policy, schedule = fasterSchedule(defaultSchedule, 1000) } = options;
  return createAgent({
    identity,
    kernel: { root: kernel.root, loader: kernel.loader },
    trust,
    source: connection.source,
    reporter: connection.reporter,
    store,
    schedule,
    ...(policy === undefined ? {} : { policy }),
    ...(onEvent === undefined ? {} : { onEvent: (event) => onEvent(index, event) }),
  });
}

/** So many at a time, from one queue; results in its order. */
async function eachOf<T, R>(items: Iterable<T>, atATime: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const queue = [...items].entries();
  const results: R[] = [];
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.max(1, atATime) }, worker));
  return results;
}
