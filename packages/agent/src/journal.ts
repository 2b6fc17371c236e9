import type { Ping } from '@klpkit/pings';
import { releaseKey } from '@klpkit/release';
import { isAgentError } from './error.ts';
import {
  emptyMemory,
  type Memory,
  type OpenRecord,
  parseMemory,
  type RecordChange,
  type SuspectReason,
} from './memory.ts';
import { type AgentStore, storeNames } from './store.ts';

/** How an open record ends. */
export type Outcome =
  | { readonly kind: 'healthy'; readonly at: number }
  | { readonly kind: 'harmless' }
  | SuspectOutcome;

/** An end after which the patch is not inserted on this machine again. */
export interface SuspectOutcome {
  readonly kind: SuspectReason;
  readonly at: number;
}

/**
 * The memory on disk: a change is there, synced, when its promise resolves. What is about to be done is refused where the disk refuses it
 * (`open`, `noteBoot`, `noteControl`, `stopped`). What has happened has happened: it is remembered all the same, told to `onNotKept`, and written with
 * the next change. Until then the disk has an older record, which errs on the safe side: a crash finds it open.
 */
export interface Journal {
  memory(): Memory;
  /** Before the insertion. */
  open(record: OpenRecord): Promise<void>;
  /** At each phase. */
  advance(change: Partial<Pick<OpenRecord, RecordChange>>): Promise<void>;
  /** When nothing is open any more. `last` is owed to the spool from then on, until {@link Journal.paid}. */
  close(outcome: Outcome, last?: Ping): Promise<void>;
  /** The owed ping is in the spool. */
  paid(): Promise<void>;
  /** This boot is known, and the agent runs in it. */
  noteBoot(bootId: string, bareCrashes: number): Promise<void>;
  /** The control pair of this release is about to be sent. */
  noteControl(release: string): Promise<void>;
  /** The agent ends in order: what comes next is no crash. */
  stopped(): Promise<void>;
  /** Writes what the disk has refused so far; nothing to do where it has all. */
  catchUp(): Promise<void>;
}

/**
 * Forgets which patches the machine had trouble with, so that they may be inserted again: a person has looked. The marker of a stuck inserter
 * stays, as only a reboot clears that.
 *
 * @returns Keys of the releases that are free again.
 *
 * @example
 * ```ts
 * import { clearSuspects, createFolderStore } from '@klpkit/agent';
 *
 * console.log(await clearSuspects(createFolderStore('/var/lib/klpkit')));
 * ```
 */
export async function clearSuspects(store: AgentStore): Promise<readonly string[]> {
  await store.lock();
  try {
    const bytes = await store.read(storeNames.journal);
    if (bytes === undefined) return [];
    const memory = parseMemory(new TextDecoder().decode(bytes));
    await store.write(storeNames.journal, serialise({ ...memory, suspects: [] }));
    return memory.suspects.map((suspect) => suspect.release);
  } finally {
    await store.unlock();
  }
}

/** How many proven patches are remembered; a patch is cumulative, so the older ones are only there to fall back to. */
const MAX_HELD = 8;
const MAX_SUSPECTS = 256;
const MAX_CONTROLS = 64;

/** Opens the journal of a store. @throws AgentError `STATE_UNUSABLE` */
export async function openJournal(
  store: AgentStore,
  onNotKept: (error: Error) => void = () => undefined,
): Promise<Journal> {
  const { memory, keep, remember, catchUp } = await openKeeper(store, onNotKept);
  return {
    memory,
    open: (record) =>
      keep({ ...memory(), open: record, boot: { bootId: record.bootId, patched: true, stopped: false } }),
    async advance(change) {
      const { open } = memory();
      if (open !== null) await remember({ ...memory(), open: { ...open, ...change } });
    },
    async close(outcome, last) {
      const { open } = memory();
      if (open !== null) await remember({ ...closed(memory(), open, outcome), owed: last ?? null });
    },
    async paid() {
      if (memory().owed !== null) await remember({ ...memory(), owed: null });
    },
    noteBoot: (bootId, bareCrashes) => keep(withBoot(memory(), bootId, bareCrashes)),
    noteControl: (release) => keep({ ...memory(), controls: [...memory().controls, release].slice(-MAX_CONTROLS) }),
    async stopped() {
      const { open, boot } = memory();
      if (open === null && boot === null) return;
      await keep({
        ...memory(),
        open: open === null ? null : { ...open, stopped: true },
        boot: boot === null ? null : { ...boot, stopped: true },
      });
    },
    catchUp,
  };
}

/** The memory, and the two ways to change it. */
interface Keeper {
  readonly memory: () => Memory;
  /** On the disk, or not at all. */
  readonly keep: (next: Memory) => Promise<void>;
  /** On the disk if it takes it, else for now in memory only. */
  readonly remember: (next: Memory) => Promise<void>;
  readonly catchUp: () => Promise<void>;
}

async function openKeeper(store: AgentStore, onNotKept: (error: Error) => void): Promise<Keeper> {
  const bytes = await store.read(storeNames.journal);
  let memory = bytes === undefined ? emptyMemory : parseMemory(new TextDecoder().decode(bytes));
  let isBehind = false;
  const keep = async (next: Memory) => {
    await store.write(storeNames.journal, serialise(next));
    memory = next;
    isBehind = false;
  };
  const remember = (next: Memory) =>
    keep(next).catch((error: unknown) => {
      if (!isAgentError(error, 'STATE_UNUSABLE')) throw error;
      memory = next;
      isBehind = true;
      onNotKept(error);
    });
  return {
    memory: () => memory,
    keep,
    remember,
    async catchUp() {
      if (isBehind) await remember(memory);
    },
  };
}

const serialise = (memory: Memory): string => `${JSON.stringify(memory, null, 2)}\n`;

function withBoot(memory: Memory, bootId: string, bareCrashes: number): Memory {
  const { open, boot } = memory;
  const sameBoot = boot?.bootId === bootId;
  return {
    ...memory,
    open: open !== null && open.bootId === bootId ? { ...open, stopped: false } : open,
    boot: { bootId, patched: sameBoot && boot.patched, stopped: false },
    bareCrashes,
  };
}

function closed(memory: Memory, open: OpenRecord, outcome: Outcome): Memory {
  const { release, payload, module } = open;
  const base = { ...memory, open: null };
  const others = memory.held.filter((held) => held.release.sha256 !== release.sha256);
  if (outcome.kind === 'harmless') return base;
  if (outcome.kind === 'healthy') {
    return { ...base, held: [...others, { release, payload, module, since: outcome.at }].slice(-MAX_HELD) };
  }
  const suspect = {
    release: releaseKey(release),
    sha256: release.sha256,
    module,
    reason: outcome.kind,
    since: outcome.at,
  };
  const stuck = outcome.kind === 'inserter-died' || outcome.kind === 'inserter-hung';
  return {
    ...base,
    held: others,
    suspects: [...memory.suspects, suspect].slice(-MAX_SUSPECTS),
    stuckBootId: stuck ? open.bootId : memory.stuckBootId,
  };
}
