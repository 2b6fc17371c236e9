import { join } from 'node:path';
import { mkdir } from 'node:fs/promises';
import { type TempFolder, tempFolder, testAuthority } from '@klpkit-internal/testkit';
import { createFakeKernel, type FakeCourse, type FakeKernel } from '@klpkit/kernel/testing';
import { parseTrust } from '@klpkit/payload';
import { createAgent } from './agent.ts';
import { createFolderStore } from './folder-store.ts';
import type { Agent, AgentOptions, AgentEvent, Schedule } from './ports.ts';
import { createScriptedServer, type ScriptedServer } from './scripted-server.fixture.ts';
import { testKernel } from './test-release.fixture.ts';

/** A schedule under which a whole course takes a tenth of a second. */
export const quickSchedule: Schedule = {
  healthDelaysMs: [0, 20, 40, 80],
  transitionDeadlineMs: 300,
  transitionPollMs: 10,
  transitionPingMs: 100,
  insertDeadlineMs: 300,
  beforePingMs: 500,
  checkIntervalMs: 50,
};

/** A machine: fake kernel, state folder, and a agent that can be started anew. */
export interface TestMachine extends AsyncDisposable {
  readonly kernel: FakeKernel;
  readonly server: ScriptedServer;
  readonly stateFolder: string;
  readonly events: AgentEvent[];
  /** Aborts when the machine goes down: what runs on it runs no further. Made anew by `powerOn`. */
  power(): AbortSignal;
  /** Boots the machine again. */
  powerOn(): Promise<void>;
  /** A agent as a fresh process would make it. */
  newAgent(change?: Partial<AgentOptions>): Promise<Agent>;
}

/** Makes a machine whose next insertions take this course. */
export async function makeTestMachine(course: FakeCourse = { kind: 'applies', afterMs: 20 }): Promise<TestMachine> {
  const folder: TempFolder = await tempFolder();
  const kernelFolder = join(folder.path, 'kernel');
  await mkdir(kernelFolder);
  let power = new AbortController();
  const onPanic = () => power.abort(new Error('the machine is down'));
  const kernel = await createFakeKernel({ folder: kernelFolder, ...testKernel, course, onPanic });
  const server = createScriptedServer('updates');
  const stateFolder = join(folder.path, 'state');
  const store = createFolderStore(stateFolder);
  const events: AgentEvent[] = [];
  const trust = await parseTrust({ certificates: [testAuthority().certificate] });
  return {
    kernel,
    server,
    stateFolder,
    events,
    power: () => power.signal,
    async powerOn() {
      power = new AbortController();
      await kernel.reboot();
    },
    async newAgent(change = {}) {
      await store.unlock(); // the agent before it is dead
      return createAgent({
        identity: {
          machineId: '0102030405060708090a0b0c0d0e0f10',
          appId: 'f03daaeb1c334b43a732172944bf772e',
          tier: 'updates',
        },
        kernel: { root: kernel.root, loader: kernel.loader },
        trust,
        source: server,
        reporter: server,
        store,
        schedule: quickSchedule,
        onEvent: (event) => void events.push(event),
        ...change,
      });
    },
    async [Symbol.asyncDispose]() {
      await kernel.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
