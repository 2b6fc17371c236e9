import { type Ping, pingLimits } from '@klpkit/pings';
import { isAgentError } from './error.ts';
import type { AbortOptions, AgentEvent, Reporter } from './ports.ts';
import { openSpoolFile, readSpool } from './spool-file.ts';
import type { AgentStore } from './store.ts';

/** Pings that are kept at most; the oldest go first. A week without a server is far less. */
const MAX_PINGS = 2000;

/** Pings on their way. What was put in is sent at least once, in order, over crashes too; the ids make "twice" harmless. */
export interface Spool {
  /** On disk, synced, when this resolves; where the disk refuses, kept in memory and told. */
  append(ping: Ping): Promise<void>;
  /** Sends what is there; false if something is left. Throws nothing but an abort's reason. */
  flush(options?: AbortOptions): Promise<boolean>;
}

/** Opens the spool of a store. */
export async function openSpool(
  store: AgentStore,
  reporter: Reporter,
  tell: (event: AgentEvent) => void,
): Promise<Spool> {
  const trouble = (code: string, message: string) => tell({ kind: 'trouble', code, message });
  const file = openSpoolFile(store, (error) => trouble('SPOOL', `A ping is only in memory: ${error.message}`));
  let waiting: readonly Ping[] = await readSpool(store);
  let sending: Promise<boolean> | undefined;
  const flush = async (signal: AbortSignal | undefined): Promise<boolean> => {
    while (waiting.length > 0) {
      const done = await sendOldest(waiting, { reporter, trouble, signal });
      if (done.length === 0) return false;
      waiting = waiting.filter((ping) => !done.includes(ping));
      await file.rewrite(() => waiting);
    }
    return true;
  };
  return {
    async append(ping) {
      if (waiting.some(({ id }) => id === ping.id)) return; // said before its author died
      const surplus = Math.max(0, waiting.length + 1 - MAX_PINGS);
      waiting = [...waiting.slice(surplus), ping];
      await file.append(ping);
      if (surplus === 0) return;
      trouble('SPOOL_FULL', `${surplus} oldest pings were dropped unsent.`);
      await file.rewrite(() => waiting);
    },
    flush({ signal } = {}) {
      sending ??= flush(signal).finally(() => {
        sending = undefined;
      });
      return sending;
    },
  };
}

interface Sending {
  readonly reporter: Reporter;
  readonly trouble: (code: string, message: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Sends the oldest batch; gives what may be forgotten: all of it, or nothing. */
async function sendOldest(waiting: readonly Ping[], sending: Sending): Promise<readonly Ping[]> {
  const { reporter, trouble, signal } = sending;
  const batch = waiting.slice(0, pingLimits.batch);
  try {
    await reporter.send(batch, signal === undefined ? {} : { signal });
    return batch;
  } catch (error) {
    signal?.throwIfAborted();
    if (isAgentError(error, 'SERVER_REFUSED') && error.status === 400) {
      // What the server calls wrong is tried ping by ping: one that it will never take must not hold up the rest for ever.
      const [first] = batch;
      if (batch.length > 1 && first !== undefined) return sendOldest([first], sending);
      trouble('PING_REFUSED', `A ping was dropped: ${error.message}`);
      return batch;
    }
    trouble('PINGS_WAIT', `${waiting.length} pings wait: ${(error as Error).message}`);
    return [];
  }
}
