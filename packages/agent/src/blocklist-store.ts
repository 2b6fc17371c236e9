import { type Blocklist, parseBlocklist, succeed } from '@klpkit/blocklist';
import { AgentError } from './error.ts';
import { type AgentStore, storeNames } from './store.ts';

/** The newest blocklist seen, over restarts: a list may not go back, and without a network it is better than none. */
export interface BlocklistStore {
  current(): Blocklist | undefined;
  /** Takes a fetched list over, if it follows the rules of succession; throws as `succeed` does. */
  take(next: Blocklist): Promise<Blocklist>;
}

/** A list that only was signed anew is written again after this long: the disk is spared, and its age stays nearly right. */
const REWRITE_AFTER_MS = 3_600_000;

/** Opens the store of a store. @throws AgentError `STATE_UNUSABLE` */
export async function openBlocklistStore(store: AgentStore): Promise<BlocklistStore> {
  let current = await readStored(store);
  let written = current;
  return {
    current: () => current,
    async take(fetched) {
      const next = succeed(current, fetched, { lifts: 'in-list' }); // one server, one key: its own record of lifts is all there is
      const onDisk = written !== undefined && written.epoch === next.epoch && written.version === next.version;
      if (!onDisk || next.issued - (written?.issued ?? 0) >= REWRITE_AFTER_MS) {
        await store.write(storeNames.blocklist, `${JSON.stringify(next)}\n`);
        written = next;
      }
      current = next;
      return next;
    },
  };
}

async function readStored(store: AgentStore): Promise<Blocklist | undefined> {
  const bytes = await store.read(storeNames.blocklist);
  if (bytes === undefined) return undefined;
  try {
    return parseBlocklist(JSON.parse(new TextDecoder().decode(bytes)));
  } catch (cause) {
    const next = `Remove ${storeNames.blocklist} from the state folder and start the agent again with the server in reach: it fetches the list anew.`;
    throw new AgentError('STATE_UNUSABLE', `The stored blocklist cannot be read. ${next}`, { cause });
  }
}
