import { isServerError, ServerError } from '../errors.ts';
import { countItems, createWaitingLine, type Waiting, type WaitingLine } from './waiting-line.ts';
import { type Answer, type Write, writeGroup } from './write-group.ts';

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
  readonly write: Write<Item>;
  /** Items in one transaction. */
  readonly maxItems: number;
  /** Items that may wait; a request beyond is refused at once, so that a slow database does not fill the memory. */
  readonly maxWaiting: number;
}

/** A group up to this size is not divided: a statement costs as much as some rows. */
const undividedItems = 16;

/**
 * While one transaction is under way the next group comes together: no timer, and no delay where there is no load.
 *
 * Under load there are two halves. The database writes the one while this thread answers the other and reads what is sent next; the answers
 * go out when the next statement has, since until then the database has nothing to do. Were all that wait written together, they would all be
 * answered together too, and all come again together: thread and database would wait for each other in turn.
 */
export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const line = createWaitingLine<Item>(options.maxWaiting);
  let isClosed = false;
  let running: Promise<void> | undefined;

  const write: Write<Item> = async (items) => {
    try {
      return await options.write(items);
    } catch (error) {
      // Whoever waits would wait as long, one group after the other, for the same answer.
      if (isServerError(error, 'DATABASE_UNAVAILABLE')) line.refuseAll(error);
      throw error;
    }
  };
  const drainAll = async (): Promise<void> => {
    // Whoever was answered last may be here again already.
    while (!line.isEmpty()) await drain(line, { ...options, write });
    running = undefined;
  };
  return {
    add: (items) =>
      new Promise((resolve, reject) => {
        if (isClosed)
          throw new ServerError('SHUTTING_DOWN', 'The server is going down. Send this again in a few seconds.');
        if (items.length === 0) return resolve([]);
        line.join({ items, resolve, reject });
        running ??= drainAll();
      }),
    close: async () => {
      isClosed = true;
      await running;
    },
  };
}

type DrainOptions<Item> = Pick<GroupCommitOptions<Item>, 'write' | 'maxItems'>;

/** Writes one group after the other until nobody waits. */
async function drain<Item>(line: WaitingLine<Item>, { write, maxItems }: DrainOptions<Item>): Promise<void> {
  let answer: Answer | undefined;
  let lastItems = 0;
  // Requests that are there already come into the first group.
  await nextTurn();
  while (!line.isEmpty()) {
    const group = takeHalf(line, { lastItems, maxItems });
    lastItems = countItems(group);
    const writing = writeGroup(group, write);
    if (answer !== undefined) await nextTurn().then(answer);
    answer = await writing;
    if (!line.isEmpty()) continue;
    answer();
    answer = undefined;
  }
}

/** Whoever was in the last group is likely to come again, so that half of all is half of those and of who waits now. */
function takeHalf<Item>(
  line: WaitingLine<Item>,
  { lastItems, maxItems }: { lastItems: number; maxItems: number },
): Waiting<Item>[] {
  const half = Math.ceil((line.waitingItems() + lastItems) / 2);
  return line.takeGroup(Math.min(maxItems, Math.max(half, undividedItems)));
}

/** One turn of the event loop: what has come in is read. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
