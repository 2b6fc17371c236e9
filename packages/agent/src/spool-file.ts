import { type Ping, parsePing } from '@klpkit/pings';
import { type AgentStore, storeNames } from './store.ts';

/** The pings that wait, as lines of JSON. Writes happen one after another; one that the disk refuses is told and not thrown. */
export interface SpoolFile {
  /** Synced when it resolves. */
  append(ping: Ping): Promise<void>;
  /** Leaves only what `waiting` gives at the moment of the write. */
  rewrite(waiting: () => readonly Ping[]): Promise<void>;
}

/** Opens the file for writing; see {@link readSpool} for what it holds. */
export function openSpoolFile(store: AgentStore, onError: (error: Error) => void): SpoolFile {
  let last: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work).catch(onError);
    return last;
  };
  return {
    append: (ping) => inTurn(() => store.append(storeNames.spool, line(ping))),
    rewrite: (waiting) => inTurn(() => store.write(storeNames.spool, waiting().map(line).join(''))),
  };
}

/** What an earlier run left. A line that a power cut tore, or that an older version wrote in another form, is left out. */
export async function readSpool(store: AgentStore): Promise<Ping[]> {
  const text = new TextDecoder().decode(await store.read(storeNames.spool));
  return text.split('\n').flatMap((one) => {
    try {
      return [parsePing(JSON.parse(one))];
    } catch {
      return [];
    }
  });
}

const line = (ping: Ping): string => `${JSON.stringify(ping)}\n`;
