import type { Plan } from '../statistics/design.ts';
import type { Outcomes, TestHistory } from './outcomes.ts';
import { progressOf } from './progress.ts';

/** A seeded stream of numbers in [0, 1): mulberry32. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** How often each test of a suite fails on each kernel. */
export interface Rates {
  readonly unpatched: readonly number[];
  readonly patched: readonly number[];
}

/** How one patch fared. */
export interface Fate {
  readonly verdict: 'pass' | 'fail' | 'suspect';
  /** Runs on each kernel until it ended. */
  readonly runs: number;
  /** Place of the test that made it fail. */
  readonly culprit: number | undefined;
}

/** Runs a test goes through one after the other, only as long as the comparison asks for them. */
export function simulatePatch(rates: Rates, plan: Plan, random: () => number): Fate {
  const grow = (outcomes: Outcomes, rate: number, to: number): Outcomes => {
    const more = Uint8Array.from({ length: to - outcomes.codes.length }, () => (random() < rate ? 1 : 0));
    return { codes: Uint8Array.from([...outcomes.codes, ...more]), durationsMs: null };
  };
  const none: Outcomes = { codes: new Uint8Array(), durationsMs: null };
  let tests = rates.unpatched.map(
    (_, index): TestHistory => ({ name: `t${index}`, unpatched: none, patched: none, lastFailure: '' }),
  );
  let open: ReadonlySet<number> | undefined;
  for (const { runs } of plan.looks) {
    tests = tests.map((test, index) =>
      open?.has(index) === false
        ? test
        : {
            ...test,
            unpatched: grow(test.unpatched, rates.unpatched[index] ?? 0, runs),
            patched: grow(test.patched, rates.patched[index] ?? 0, runs),
          },
    );
    const progress = progressOf(tests, { unpatched: runs, patched: runs }, plan);
    if (progress.finished) {
      const least = Math.min(...progress.failedChance);
      const culprit = least <= plan.alpha ? progress.failedChance.indexOf(least) : undefined;
      const verdict = culprit === undefined ? (least <= plan.alpha * 5 ? 'suspect' : 'pass') : 'fail';
      return { verdict, runs, culprit };
    }
    // A test that settled is left out from now on, as a runner would do.
    open = runs >= plan.settleRuns ? progress.open : undefined;
  }
  throw new Error('the last look always ends it');
}
