/** Remembers the last keys that it was told, at least so many and at most twice as many. */
export interface Recent {
  has(key: string): boolean;
  add(key: string): void;
}

/** Opens an empty memory. */
export function createRecent(least: number): Recent {
  let older = new Set<string>();
  let newer = new Set<string>();
  return {
    has: (key) => newer.has(key) || older.has(key),
    add: (key) => {
      newer.add(key);
      if (newer.size < least) return;
      older = newer;
      newer = new Set();
    },
  };
}
