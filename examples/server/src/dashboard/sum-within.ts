/** What is counted: something of a release, at a time. */
export interface Countable {
  readonly release: string;
  /** Epoch ms. */
  readonly at: number;
}

/** How often something was seen; `first` stands for all of it. */
export interface Sum<T> {
  readonly first: T;
  count: number;
  lastAt: number;
}

/** How {@link sumWithin} tells things apart, and how many of them it lets in. */
export interface SumOptions<T extends Countable> {
  readonly keyOf: (item: Omit<T, 'at'>) => string;
  /** What is counted already. */
  readonly known: readonly Omit<T, 'at'>[];
  /** Different things that are kept apart for one release. */
  readonly max: number;
  /** What stands for everything above that. */
  readonly other: (item: T) => T;
}

/**
 * Counts equal things together. What senders word has no end, so that a release gets a limited number of different ones; what comes above
 * it is counted as `other`.
 */
export function sumWithin<T extends Countable>(items: readonly T[], options: SumOptions<T>): Sum<T>[] {
  const { keyOf, other } = options;
  const admit = limiterOf(options);
  const sums = new Map<string, Sum<T>>();
  for (const item of items) {
    const first = admit(item) ? item : other(item);
    const sum = sums.get(keyOf(first)) ?? { first, count: 0, lastAt: item.at };
    sum.count += 1;
    sum.lastAt = Math.max(sum.lastAt, item.at);
    sums.set(keyOf(first), sum);
  }
  return [...sums.values()];
}

function limiterOf<T extends Countable>({ keyOf, known, max }: SumOptions<T>): (item: T) => boolean {
  const keys = new Set(known.map(keyOf));
  const counts = new Map<string, number>();
  const counted = (release: string): number => counts.get(release) ?? 0;
  for (const item of known as readonly { readonly release: string }[])
    counts.set(item.release, counted(item.release) + 1);
  return (item) => {
    if (keys.has(keyOf(item))) return true;
    if (counted(item.release) >= max) return false;
    counts.set(item.release, counted(item.release) + 1);
    keys.add(keyOf(item));
    return true;
  };
}
