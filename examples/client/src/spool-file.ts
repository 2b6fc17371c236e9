import { open, readFile, truncate } from 'node:fs/promises';
import { type Ping, parsePing } from '@klpkit/pings';
import { writeDurably } from './durable-file.ts';

/** The pings that wait, as lines of JSON. Writes happen one after another; one that the disk refuses is told and not thrown. */
export interface SpoolFile {
  /** Synced when it resolves. */
  append(ping: Ping): Promise<void>;
  /** Leaves only what `waiting` gives at the moment of the write. */
  rewrite(waiting: () => readonly Ping[]): Promise<void>;
}

/** Opens the file for writing; see {@link readSpool} for what it holds. */
export function openSpoolFile(path: string, onError: (error: Error) => void): SpoolFile {
  let last: Promise<void> = Promise.resolve();
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work).catch(onError);
    return last;
  };
  return {
    append: (ping) => inTurn(() => appendLine(path, ping)),
    rewrite: (waiting) =>
      inTurn(() => (waiting().length === 0 ? truncate(path, 0) : writeDurably(path, waiting().map(line).join('')))),
  };
}

/** What an earlier run left. A line that a power cut tore, or that an older version wrote in another form, is left out. */
export async function readSpool(path: string): Promise<Ping[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap((one) => {
    try {
      return [parsePing(JSON.parse(one))];
    } catch {
      return [];
    }
  });
}

const line = (ping: Ping): string => `${JSON.stringify(ping)}\n`;

async function appendLine(path: string, ping: Ping): Promise<void> {
  const handle = await open(path, 'a', 0o600);
  try {
    await handle.writeFile(line(ping));
    await handle.sync();
  } finally {
    await handle.close();
  }
}
