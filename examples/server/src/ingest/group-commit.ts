import { isServerError, ServerError } from '../errors.ts';

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

interface Waiting<Item> {
  readonly items: readonly Item[];
  readonly resolve: (isNew: readonly boolean[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * While one transaction is under way the next one fills, so that a single request waits for one commit and a hundred of them for
 * two: no timer, no delay where there is no load.
 */
export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  let queue: Waiting<Item>[] = [];
  let waitingItems = 0;
  let isClosed = false;
  let running: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    // One turn of the event loop lets requests of the same moment into the first transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.length > 0) {
      const group = takeGroup(queue, options.maxItems);
      queue = queue.slice(group.length);
      waitingItems -= countItems(group);
      await writeGroup(group, options.write);
    }
    running = undefined;
  };

  return {
    add: (items) =>
      new Promise((resolve, reject) => {
        if (isClosed)
          throw new ServerError('SHUTTING_DOWN', 'The server is going down. Send this again in a few seconds.');
        if (items.length === 0) return resolve([]);
        if (waitingItems + items.length > options.maxWaiting) {
          throw new ServerError(
            'OVERLOADED',
            'More pings wait than can be written. Keep them and send them again in a minute.',
          );
        }
        queue.push({ items, resolve, reject });
        waitingItems += items.length;
        running ??= drain();
      }),
    close: async () => {
      isClosed = true;
      await running;
    },
  };
}

function takeGroup<Item>(queue: readonly Waiting<Item>[], maxItems: number): Waiting<Item>[] {
  let total = 0;
  const end = queue.findIndex(({ items }, index) => {
    total += items.length;
    return index > 0 && total > maxItems;
  });
  return queue.slice(0, end === -1 ? queue.length : end);
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

function countItems<Item>(group: readonly Waiting<Item>[]): number {
  return group.reduce((sum, { items }) => sum + items.length, 0);
}
