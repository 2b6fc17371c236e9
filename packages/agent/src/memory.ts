import * as z from 'zod';
import type { Counters } from '@klpkit/kernel';
import { parsePing, type Ping, pingLimits } from '@klpkit/pings';
import { releaseSchema, type Release } from '@klpkit/release';
import { AgentError } from './error.ts';
import { storeNames } from './store.ts';

/** Digests of pstore records that are remembered at most; a backend keeps a few. */
export const MAX_PSTORE = 64;

/** The attempt that is under way. Written and synced before the insertion; its presence at another boot means that the machine went down. */
export interface OpenRecord {
  readonly release: Release;
  readonly payload: string;
  readonly attemptId: string;
  readonly reapply: boolean;
  readonly module: string;
  readonly bootId: string;
  /** `reversing` and `forcing`: the deadline passed, and what was decided then is not yet known to be done. */
  readonly phase: 'inserting' | 'transitioning' | 'reversing' | 'forcing' | 'soaking';
  /** Names of the tasks that the transition waited for at its deadline. */
  readonly stalledTasks: readonly string[];
  /** Sequence number of the newest kernel-log record before the load; -1 where the log was empty. */
  readonly logSeq: number;
  readonly counters: Counters;
  /** Epoch ms; null before the application. */
  readonly appliedAt: number | null;
  readonly waitedMs: number;
  readonly nextHealth: 0 | 1 | 2 | 3;
  /** The agent was stopped in order and has not run since: a new boot then is a reboot and no crash. */
  readonly stopped: boolean;
  /** Digests of what pstore held before the load; what is there after a crash and not here is of that crash. */
  readonly pstore: readonly string[];
  /** Epoch ms at which the record was opened. */
  readonly openedAt: number;
  /** How often this attempt was begun: more than once where the agent died before the insertion. */
  readonly tries: number;
}

/** What of an open record changes while its attempt goes on. */
export type RecordChange = 'phase' | 'stalledTasks' | 'appliedAt' | 'waitedMs' | 'nextHealth' | 'stopped';

/** What is known of the boot that the agent last ran in. */
export interface BootRecord {
  readonly bootId: string;
  /** A patch of ours was loaded, or about to be. */
  readonly patched: boolean;
  /** The agent was stopped in order. */
  readonly stopped: boolean;
}

/** A patch that passed all its health checks on this machine. */
export interface HeldPatch {
  readonly release: Release;
  readonly payload: string;
  readonly module: string;
  /** Epoch ms */
  readonly since: number;
}

/** Why a patch is not inserted on this machine again: a private blocklist entry that needs no network. */
export type SuspectReason = 'crashed' | 'bug' | 'inserter-died' | 'inserter-hung';

/** A patch that this machine has had trouble with. */
export interface Suspect {
  /** Release key */
  readonly release: string;
  readonly sha256: string;
  readonly module: string;
  readonly reason: SuspectReason;
  /** Epoch ms */
  readonly since: number;
}

/** All that the agent remembers over restarts and reboots. */
export interface Memory {
  readonly spec: 1;
  readonly open: OpenRecord | null;
  /** Oldest first. */
  readonly held: readonly HeldPatch[];
  readonly suspects: readonly Suspect[];
  /** Boot in which an inserter died or hung; nothing is inserted before another one. */
  readonly stuckBootId: string | null;
  readonly boot: BootRecord | null;
  /** Crashes in a row, up to now, of boots in which no patch of ours was loaded. */
  readonly bareCrashes: number;
  /** Releases, by key, for which this machine has sent its control pair. */
  readonly controls: readonly string[];
  /** A ping that belongs to the last change and may not have reached the spool. */
  readonly owed: Ping | null;
}

/** What a agent remembers that never ran. */
export const emptyMemory: Memory = {
  spec: 1,
  open: null,
  held: [],
  suspects: [],
  stuckBootId: null,
  boot: null,
  bareCrashes: 0,
  controls: [],
  owed: null,
};

const payload = z.string().max(1024);
const module = z.string().regex(/^[A-Za-z0-9_-]{1,55}$/);
const count = z.int().nonnegative();
const bootId = z.string().min(1).max(64);
const memorySchema = z.strictObject({
  spec: z.literal(1),
  open: z
    .strictObject({
      release: releaseSchema,
      payload,
      attemptId: z.uuid(),
      reapply: z.boolean(),
      module,
      bootId,
      phase: z.enum(['inserting', 'transitioning', 'reversing', 'forcing', 'soaking']),
      stalledTasks: z.array(z.string().max(64)).max(pingLimits.stalledTasks).default([]),
      logSeq: z.int().min(-1),
      counters: z.strictObject({ tainted: count, oops: count.nullable(), warn: count.nullable() }),
      appliedAt: count.nullable(),
      waitedMs: z.number().nonnegative(),
      nextHealth: z.literal([0, 1, 2, 3]),
      stopped: z.boolean(),
      pstore: z.array(z.string().max(64)).max(MAX_PSTORE),
      openedAt: count,
      tries: z.int().min(1).max(100),
    })
    .nullable(),
  held: z.array(z.strictObject({ release: releaseSchema, payload, module, since: count })).max(64),
  suspects: z
    .array(
      z.strictObject({
        release: z.string().max(200),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
        module,
        reason: z.enum(['crashed', 'bug', 'inserter-died', 'inserter-hung']),
        since: count,
      }),
    )
    .max(1024),
  stuckBootId: bootId.nullable(),
  boot: z.strictObject({ bootId, patched: z.boolean(), stopped: z.boolean() }).nullable(),
  bareCrashes: z.int().min(0).max(1_000_000),
  controls: z.array(z.string().max(200)).max(64),
  owed: z.unknown().transform((ping) => (ping === null ? null : parsePing(ping))),
});

/**
 * Reads a journal. What cannot be read stops the agent: without its memory the crash guard is blind.
 *
 * @throws {@link AgentError} `STATE_UNUSABLE`
 */
export function parseMemory(text: string): Memory {
  try {
    return memorySchema.parse(JSON.parse(text));
  } catch (cause) {
    const next = `Nothing is inserted without it. If the machine is known to be well, clear it: remove ${storeNames.journal} from the state folder and start the agent again.`;
    throw new AgentError('STATE_UNUSABLE', `The journal cannot be read. ${next}`, { cause });
  }
}
