/**
 * The agent as a process of its own, for the test that kills it. Kernel, server and payload are the parent's, reached over the channel of
 * `fork`; the state folder is on disk. Begins a check, and kills itself with SIGKILL before the effect whose number it is given.
 */
import { parseBlocklist } from '@klpkit/blocklist';
import type { KernelRoot } from '@klpkit/kernel';
import { parseTrust } from '@klpkit/payload';
import { createAgent } from './agent.ts';
import type { Effect } from './effect.ts';
import { createFolderStore } from './folder-store.ts';
import type { AgentPolicy, Offer } from './ports.ts';
import { quickSchedule } from './test-machine.fixture.ts';

/** What the parent says at the start. */
export interface KillChildOrder {
  readonly root: KernelRoot;
  readonly stateFolder: string;
  /** PEM to trust for livepatches. */
  readonly certificate: string;
  readonly policy: AgentPolicy;
  /** Number of the effect before which it dies; Infinity for never. */
  readonly dieAt: number;
}

/** A call of the child, to be answered by `{ id, value }` or `{ id, error }`. */
export interface KillChildCall {
  readonly id: number;
  readonly method: 'insert' | 'remove' | 'store' | 'offer' | 'blocklist' | 'payload' | 'send';
  readonly args: readonly unknown[];
}

/** What the child says at its end. */
export interface KillChildEnd {
  readonly effects: readonly string[];
  readonly state: string;
}

const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
const call = (method: KillChildCall['method'], ...args: unknown[]): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const id = waiting.size + 1;
    waiting.set(id, { resolve, reject });
    process.send?.({ id, method, args });
  });

process.on(
  'message',
  (message: { order?: KillChildOrder; id?: number; value?: unknown; error?: { errno: string } }) => {
    if (message.order !== undefined) void work(message.order);
    if (message.id === undefined) return;
    const one = waiting.get(message.id);
    if (message.error === undefined) one?.resolve(message.value);
    else one?.reject(Object.assign(new Error('refused'), message.error));
  },
);

async function work({ root, stateFolder, certificate, policy, dieAt }: KillChildOrder): Promise<void> {
  const effects: string[] = [];
  const agent = createAgent({
    identity: {
      machineId: '0102030405060708090a0b0c0d0e0f10',
      appId: 'f03daaeb1c334b43a732172944bf772e',
      tier: 'updates',
    },
    kernel: {
      root,
      loader: {
        insert: async (bytes, params) => void (await call('insert', bytes, params)),
        remove: async (name) => void (await call('remove', name)),
        store: async (path, value) => void (await call('store', path, value)),
      },
    },
    trust: await parseTrust({ certificates: [certificate] }),
    source: {
      offer: async () => (await call('offer')) as Offer,
      blocklist: async () => parseBlocklist(await call('blocklist')),
      payload: async (release) => (await call('payload', release)) as Uint8Array,
    },
    reporter: { send: async (pings) => void (await call('send', pings)) },
    store: createFolderStore(stateFolder),
    schedule: quickSchedule,
    policy,
    onEvent(event) {
      if (event.kind !== 'effect' || isRepeated(event.effect, effects.at(-1))) return;
      if (effects.length === dieAt) process.kill(process.pid, 'SIGKILL');
      effects.push(event.effect.kind);
    },
  });
  const { kind } = await agent.check();
  await agent.flush();
  process.send?.({ effects, state: kind } satisfies KillChildEnd, () => process.exit(0));
}

/** The looks at a transition, and the pings of them, are as many as it takes: the first look stands for all, or the numbers were of no use. */
function isRepeated(effect: Effect, before: string | undefined): boolean {
  if (effect.kind === 'report') return effect.draft.kind === 'transition';
  return effect.kind === 'observe' && before === 'observe';
}
