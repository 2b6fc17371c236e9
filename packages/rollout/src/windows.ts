import type { StoppableClock } from './stoppable-clock.ts';

/** Windows that all last equally long. Constant time an operation, over time. */
export interface Windows<T> {
  /** Opens a window at a time, unless the id has one. */
  open(id: string, value: T, at: number): boolean;
  get(id: string): T | undefined;
  /** Takes out all windows that have run out by then, oldest first. */
  expire(at: number, take: (value: T) => void): void;
}

interface Window<T> {
  readonly id: string;
  readonly value: T;
  readonly deadline: number;
}

/**
 * Makes the windows. An id is remembered until its window runs out, whatever happened in it, so that what comes twice is noticed.
 */
export function createWindows<T>(windowMs: number, clock: StoppableClock): Windows<T> {
  const byId = new Map<string, Window<T>>();
  // All last equally long by a clock that never goes back, so they run out in the order in which they were opened: a queue is enough.
  let queue: Window<T>[] = [];
  let head = 0;
  return {
    open(id, value, at) {
      if (byId.has(id)) return false;
      const window = { id, value, deadline: clock.read(at) + windowMs };
      byId.set(id, window);
      queue.push(window);
      return true;
    },
    get: (id) => byId.get(id)?.value,
    expire(at, take) {
      const now = clock.read(at);
      for (let window = queue[head]; window !== undefined && window.deadline <= now; window = queue[head]) {
        head++;
        byId.delete(window.id);
        take(window.value);
      }
      if (head > 1024 && head * 2 > queue.length) {
        queue = queue.slice(head);
        head = 0;
      }
    },
  };
}
