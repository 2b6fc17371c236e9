/** One thing that had to happen. */
export interface Expectation {
  readonly what: string;
  readonly held: boolean;
  /** What was seen, where it did not hold. */
  readonly seen: string;
}

/** Collects what had to happen and whether it did. The demo goes on after a miss, so that the table shows all of it. */
export interface Expectations {
  /** `seen` has to equal `expected`. */
  equal(what: string, seen: number | string, expected: number | string): void;
  /** `held` has to be true. */
  truthy(what: string, held: boolean, seen?: string): void;
  all(): readonly Expectation[];
}

/** An empty list. */
export function createExpectations(): Expectations {
  const list: Expectation[] = [];
  return {
    equal(what, seen, expected) {
      list.push({ what, held: seen === expected, seen: `seen ${seen}, expected ${expected}` });
    },
    truthy(what, held, seen = 'it did not') {
      list.push({ what, held, seen });
    },
    all: () => list,
  };
}
