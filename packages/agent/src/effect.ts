import type { ErrorPhase, Ping } from '@klpkit/pings';
import type { Outcome } from './journal.ts';
import type { OpenRecord, RecordChange } from './memory.ts';
import type { Attempt } from './state.ts';

/** A ping before the agent adds id, kernel, architecture, tier and time. */
export type PingDraft<P = Ping> = P extends Ping
  ? Omit<P, 'id' | 'attemptId' | 'kernel' | 'arch' | 'cpuFamily' | 'tier' | 'sentAt' | 'late'>
  : never;

/** What is to be done. The effects of one step run in order; the last one that answers gives the next event. */
export type Effect =
  /** Ask for offer and blocklist -> `answered`. */
  | { readonly kind: 'ask' }
  /** Read the facts anew -> `started`. */
  | { readonly kind: 'look' }
  /** Fetch the blocklist, or take the stored one -> `list-known`. */
  | { readonly kind: 'ask-blocklist' }
  /** Get the payload -> `downloaded`. */
  | { readonly kind: 'download'; readonly attempt: Attempt }
  /** Check it -> `verified`. */
  | { readonly kind: 'verify'; readonly attempt: Attempt }
  /** Write the record, with counters and log position from before the load. Nothing is inserted when this fails. */
  | { readonly kind: 'open-record'; readonly attempt: Attempt; readonly module: string }
  /** Note how far it got. Where the disk refuses, the note is in memory and the course goes on. */
  | {
      readonly kind: 'advance-record';
      readonly change: Partial<Pick<OpenRecord, RecordChange>>;
    }
  /** Nothing is open any more. */
  | {
      readonly kind: 'close-record';
      readonly outcome: Outcome;
      /** The attempt's last ping; it and the outcome are on disk together, so that a death between the two loses neither. */
      readonly last?: { readonly draft: PingDraft; readonly attemptId: string; readonly late?: true };
    }
  /** A crash was found: what pstore has of it goes into a late ping, with the outcome as in `close-record`. */
  | { readonly kind: 'close-crash'; readonly open: OpenRecord; readonly outcome: Outcome }
  /** Remember the boot, and that the agent runs in it. */
  | { readonly kind: 'note-boot'; readonly bareCrashes: number }
  /** The agent died around the insertion: wait until it is known what came of it -> `observed`, `not-inserted` or `failed`. */
  | { readonly kind: 'await-insertion'; readonly module: string }
  /** Complete the transition by force -> `forced`. */
  | { readonly kind: 'force'; readonly module: string }
  /** Remember that the control pair of this release goes out now, and how the machine stands. */
  | { readonly kind: 'open-control'; readonly release: string }
  /** Wait as long as a real attempt takes and look at the machine -> `control-examined`. */
  | { readonly kind: 'examine-control'; readonly attemptId: string; readonly release: string }
  /** Put a ping into the spool; delivery goes on beside. */
  | { readonly kind: 'report'; readonly draft: PingDraft; readonly attemptId: string; readonly late?: true }
  /** Give the server a moment to take the spool, so that a machine that goes down next is a machine that was heard of. */
  | { readonly kind: 'deliver' }
  /** Hand the module to the inserter -> `inserted`. */
  | { readonly kind: 'insert'; readonly attempt: Attempt }
  /** Look at the transition, after a pause -> `observed`. */
  | { readonly kind: 'observe'; readonly module: string }
  /** Turn the transition round and take the module out -> `reversed`. */
  | { readonly kind: 'reverse'; readonly module: string }
  /** Wait for the health check's time and make it -> `found-healthy` or `found-ill`. */
  | { readonly kind: 'examine'; readonly index: 0 | 1 | 2 | 3; readonly appliedAt: number; readonly module: string }
  /** Disable a loaded patch because the blocklist says so. */
  | { readonly kind: 'disable'; readonly module: string };

/** Which phase an error of an effect belongs to. */
export const phaseOf: Readonly<Partial<Record<Effect['kind'], ErrorPhase>>> = {
  download: 'download',
  verify: 'verify',
  'open-record': 'journal',
  insert: 'insert',
  observe: 'transition',
  reverse: 'transition',
  force: 'transition',
  'await-insertion': 'insert',
  examine: 'health',
};
