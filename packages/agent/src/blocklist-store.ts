import { type Blocklist, isBlocklistError, parseBlocklist, succeed, unionOf } from '@klpkit/blocklist';
import { AgentError } from './error.ts';
import type { AgentOptions } from './ports.ts';
import { type AgentStore, storeNames } from './store.ts';

/** The newest blocklist seen, over restarts: a list may not go back, and without a network it is better than none. */
export interface BlocklistStore {
  current(): Blocklist | undefined;
  /** Takes a fetched list over, if it follows the rules of succession; else joins it with the kept one for the decisions to come. */
  take(next: Blocklist): Promise<Blocklist>;
}

/** A list that only was signed anew is written again after this long: the disk is spared, and its age stays nearly right. */
const REWRITE_AFTER_MS = 3_600_000;

/** Opens the list in a store. @throws AgentError `STATE_UNUSABLE` */
export async function openBlocklistStore(
  store: AgentStore,
  { source, onEvent }: Pick<AgentOptions, 'source' | 'onEvent'>,
): Promise<BlocklistStore> {
  let kept = await readStoredBlocklist(store);
  let written = kept;
  /** What is decided with: the kept list, or its union with one that was refused. */
  let inForce = kept;
  // A full disk must not keep a block from being in force; what was not written is written at the next check.
  const notKept = (error: Error): void => {
    const message = `The blocklist is in force and only in memory: ${error.message}`;
    onEvent?.({ kind: 'trouble', code: 'BLOCKLIST_NOT_KEPT', message });
  };
  const follow = (fetched: Blocklist): Blocklist | undefined => {
    if (source.provesSuccession === true) return fetched;
    try {
      return succeed(kept, fetched, { lifts: 'in-list' }); // one server, one key: its own record of lifts is all there is
    } catch (error) {
      if (!isBlocklistError(error) || kept === undefined) throw error;
      const message = `What the list blocks counts, but it is not kept: ${error.message}`;
      onEvent?.({ kind: 'trouble', code: 'BLOCKLIST_REFUSED', message });
      return undefined;
    }
  };
  return {
    current: () => inForce,
    async take(fetched) {
      const next = follow(fetched);
      if (next === undefined) {
        // Who may only add has tried to take away, or an older list came back: nothing is unblocked by it, and no check is lost.
        inForce = unionOf(kept as Blocklist, fetched);
        return inForce;
      }
      const onDisk = written !== undefined && written.epoch === next.epoch && written.version === next.version;
      if (!onDisk || next.issued - (written?.issued ?? 0) >= REWRITE_AFTER_MS) {
        await store.write(storeNames.blocklist, `${JSON.stringify(next)}\n`).then(() => (written = next), notKept);
      }
      kept = next;
      inForce = next;
      return next;
    },
  };
}

/** The stored list, undefined where there is none. @throws AgentError `STATE_UNUSABLE` */
export async function readStoredBlocklist(store: AgentStore): Promise<Blocklist | undefined> {
  const bytes = await store.read(storeNames.blocklist);
  if (bytes === undefined) return undefined;
  try {
    return parseBlocklist(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    const next = `Remove ${storeNames.blocklist} from the state folder and start the agent again with the server in reach: it fetches the list anew.`;
    throw new AgentError('STATE_UNUSABLE', `The stored blocklist cannot be read. ${next}`, { cause });
  }
}
