import { isServerError, ServerError } from '../errors.ts';
import { createWaitingLine, type Waiting } from './waiting-line.ts';

/** Collects what concurrent requests bring and writes it together. */
export interface GroupCommit<Item> {
  /** Resolves when the items are durable, to one answer an item: was it new? */
  add(items: readonly Item[]): Promise<readonly boolean[]>;
  /** Writes what was taken, then takes nothing more. */
  close(): Promise<void>;
}

/** How {@link createGroupCommit} writes. */
export interface GroupCommitOptions<Item> {
  /** Makes the items durable in one transaction, and says of each whether it was new. */
  readonly write: (items: readonly Item[]) => Promise<readonly boolean[]>;
  /** Items in one transaction. */
  readonly maxItems: number;
  /** Items that may wait; a request beyond is refused at once, so that a slow database does not fill the memory. */
  readonly maxWaiting: number;
}

/**
 * While one transaction is under way the next one fills, so that a single request waits for one commit and a hundred of them for
 * two: no timer, no delay where there is no load.
 */
export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const line = createWaitingLine<Item>(options.maxWaiting);
  let isClosed = false;
  let running: Promise<void> | undefined;

  const write = async (items: readonly Item[]): Promise<readonly boolean[]> => {
    try {
      return await options.write(items);
    } catch (error) {
      // Whoever waits would wait as long, one group after the other, for the same answer.
      if (isServerError(error, 'DATABASE_UNAVAILABLE')) line.refuseAll(error);
      throw error;
    }
  };
  const drain = async (): Promise<void> => {
    while (!line.isEmpty()) {
      // One turn of the event loop: requests that are there already, those of whoever was just answered among them, come into this
      // transaction. A statement costs as much as many rows, and its wake-up of the database interrupts this thread.
      await new Promise((resolve) => setImmediate(resolve));
      await writeGroup(line.takeGroup(options.maxItems), write);
    }
    running = undefined;
  };

  return {
    add: (items) =>
      new Promise((resolve, reject) => {
        if (isClosed)
          throw new ServerError('SHUTTING_DOWN', 'The server is going down. Send this again in a few seconds.');
        if (items.length === 0) return resolve([]);
        line.join({ items, resolve, reject });
        running ??= drain();
      }),
    close: async () => {
      isClosed = true;
      await running;
    },
  };
}

async function writeGroup<Item>(
  group: readonly Waiting<Item>[],
  write: GroupCommitOptions<Item>['write'],
): Promise<void> {
  try {
    const isNew = await write(group.flatMap(({ items }) => items));
    let start = 0;
    for (const { items, resolve } of group) {
      resolve(isNew.slice(start, start + items.length));
      start += items.length;
    }
  } catch (error) {
    if (group.length === 1 || isServerError(error, 'DATABASE_UNAVAILABLE')) {
      for (const { reject } of group) reject(error);
      return;
    }
    // Something in one request cannot be written: the others must not suffer for it.
    for (const one of group) await writeGroup([one], write);
  }
}
