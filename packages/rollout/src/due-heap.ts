/** Something that is due at a time. */
export interface Due {
  readonly at: number;
  /** Rises with each one put in: what is due at the same time comes in the order in which it was put in. */
  readonly order: number;
}

/** Puts one in; a binary heap in an array, the earliest at its head. */
export function putDue<T extends Due>(heap: T[], due: T): void {
  let index = heap.length;
  heap.push(due);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !isBefore(due, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = due;
}

/** Takes the earliest out. */
export function takeDue<T extends Due>(heap: T[]): T | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    const child = earlierOf(heap, left, left + 1);
    if (child === undefined || !isBefore(child.due, last)) break;
    heap[index] = child.due;
    index = child.index;
  }
  heap[index] = last;
  return first;
}

function earlierOf<T extends Due>(
  heap: readonly T[],
  left: number,
  right: number,
): { due: T; index: number } | undefined {
  const [a, b] = [heap[left], heap[right]];
  if (a === undefined) return undefined;
  return b !== undefined && isBefore(b, a) ? { due: b, index: right } : { due: a, index: left };
}

function isBefore(a: Due, b: Due): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
