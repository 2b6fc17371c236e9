import * as z from 'zod';
import type { AgentState, AgentStateKind } from './state.ts';
import { agentStateKinds } from './state-kinds.ts';
import { type AgentStore, storeNames } from './store.ts';

/** What the agent leaves for {@link readStatus}: how its last course ended, and when it last heard of the server. */
export interface StatusRecord {
  readonly spec: 1;
  readonly state: AgentStateKind;
  /** Key of the release that the state is about. */
  readonly release: string | null;
  /** Epoch ms at which the course ended. */
  readonly at: number;
  /** Epoch ms of the last answer that could be used. */
  readonly lastContact: number | null;
}

const time = z.int().nonnegative().nullable();
const schema = z.strictObject({
  spec: z.literal(1),
  state: z.enum(agentStateKinds),
  release: z.string().max(200).nullable(),
  at: z.int().nonnegative(),
  lastContact: time,
});

/** The record, or undefined where there is none that can be read: it is a convenience, never a reason to stop. */
export async function readStatusRecord(store: AgentStore): Promise<StatusRecord | undefined> {
  try {
    const bytes = await store.read(storeNames.status);
    return bytes === undefined ? undefined : schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return undefined;
  }
}

/** Keeps the record up to date. */
export interface StatusKeeper {
  /** The server answered. */
  contacted(at: number): void;
  /** A course ended in this state; written, and a disk that refuses is told to `onError` only. */
  ended(state: AgentState, at: number): Promise<void>;
}

/** Opens the record of a store. */
export async function openStatusKeeper(store: AgentStore, onError: (error: Error) => void): Promise<StatusKeeper> {
  let lastContact = (await readStatusRecord(store))?.lastContact ?? null;
  return {
    contacted(at) {
      lastContact = at;
    },
    async ended(state, at) {
      const release = 'release' in state ? (state.release ?? null) : null;
      const record: StatusRecord = { spec: 1, state: state.kind, release, at, lastContact };
      await store.write(storeNames.status, `${JSON.stringify(record)}\n`).catch(onError);
    },
  };
}
