import { ServerError } from '../errors.ts';

/** What one request brought, and how it is answered. */
export interface Waiting<Item> {
  readonly items: readonly Item[];
  readonly resolve: (isNew: readonly boolean[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Requests in the order in which they came. */
export interface WaitingLine<Item> {
  isEmpty(): boolean;
  /** Items of all requests in it. */
  waitingItems(): number;
  /** @throws ServerError `OVERLOADED` where too many items wait. */
  join(one: Waiting<Item>): void;
  /** Takes the first requests, together no more than so many items; a request is never split. */
  takeGroup(maxItems: number): Waiting<Item>[];
  /** Sends everybody away. */
  refuseAll(error: unknown): void;
}

/** Opens a line for so many items, so that a slow database does not fill the memory. */
export function createWaitingLine<Item>(maxItems: number): WaitingLine<Item> {
  let line: Waiting<Item>[] = [];
  let waiting = 0;
  return {
    isEmpty: () => line.length === 0,
    waitingItems: () => waiting,
    join: (one) => {
      if (waiting + one.items.length > maxItems) {
        throw new ServerError(
          'OVERLOADED',
          'More pings wait than can be written. Keep them and send them again in a minute.',
        );
      }
      line.push(one);
      waiting += one.items.length;
    },
    takeGroup: (most) => {
      const group = line.slice(0, countWithin(line, most));
      line = line.slice(group.length);
      waiting -= countItems(group);
      return group;
    },
    refuseAll: (error) => {
      const all = line;
      line = [];
      waiting = 0;
      for (const { reject } of all) reject(error);
    },
  };
}

/** Items of all requests of a group. */
export function countItems<Item>(group: readonly Waiting<Item>[]): number {
  return group.reduce((sum, { items }) => sum + items.length, 0);
}

function countWithin<Item>(line: readonly Waiting<Item>[], most: number): number {
  let total = 0;
  const end = line.findIndex(({ items }, index) => {
    total += items.length;
    return index > 0 && total > most;
  });
  return end === -1 ? line.length : end;
}
