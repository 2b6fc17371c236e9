import type { StoppableClock } from './stoppable-clock.ts';

/** Windows that all last equally long. Constant time an operation, over time. */
export interface Windows<T> {
  /** Opens a window at a time, unless the id has one. */
  open(id: string, value: T, at: number): boolean;
  get(id: string): T | undefined;
  /** Takes out all windows that have run out by then, oldest first. */
  expire(at: number): readonly T[];
}

const none: readonly never[] = [];

/**
 * Makes the windows. An id is remembered until its window runs out, whatever happened in it, so that what comes twice is noticed.
 */
export function createWindows<T>(windowMs: number, clock: StoppableClock): Windows<T> {
  const byId = new Map<string, T>();
  // All last equally long by a clock that never goes back, so they run out in the order in which they were opened: a queue is enough.
  let queue: { readonly id: string; readonly deadline: number }[] = [];
  let head = 0;
  return {
    open(id, value, at) {
      if (byId.has(id)) return false;
      byId.set(id, value);
      queue.push({ id, deadline: clock.read(at) + windowMs });
      return true;
    },
    get: (id) => byId.get(id),
    expire(at) {
      const now = clock.read(at);
      const from = head;
      while ((queue[head]?.deadline ?? Infinity) <= now) head++;
      if (from === head) return none;
      const ids = queue.slice(from, head).map(({ id }) => id);
      if (head > 1024 && head * 2 > queue.length) {
        queue = queue.slice(head);
        head = 0;
      }
      return ids.flatMap((id) => {
        const value = byId.get(id);
        byId.delete(id);
        return value === undefined ? [] : [value];
      });
    },
  };
}
