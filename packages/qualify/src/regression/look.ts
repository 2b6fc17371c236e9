import type { Look, Plan } from '../statistics/design.ts';
import { type Counted, moreFailureChances, newFailureChances } from '../statistics/families.ts';
import { binomialLower } from '../statistics/tails.ts';
import { countOutcomes, type TestHistory } from './outcomes.ts';
import { countSlow } from './slow.ts';

/** Something that can be worse on the patched kernel: that a test fails, or that it is slow. */
export interface Aspect {
  /** Place of the test among the histories. */
  readonly test: number;
  readonly kind: 'failed' | 'slow';
  readonly counted: Counted;
}

/** Runs of each kernel that belong to the first `runs`; what the unpatched kernel has more than the patched one is counted from the start. */
export interface Ends {
  readonly unpatched: number;
  readonly patched: number;
}

const counted = (
  before: { readonly runs: number; readonly failed: number },
  after: { readonly runs: number; readonly failed: number },
  window: number,
): Counted => ({
  unpatched: before.runs,
  patched: after.runs,
  failed: before.failed + after.failed,
  failedUnpatched: before.failed,
  window,
});

/** Everything that can be compared of the tests after some runs. */
export function aspectsAt(tests: readonly TestHistory[], ends: Ends, settled: Ends | undefined, plan: Plan): Aspect[] {
  return tests.flatMap((test, index): Aspect[] => {
    const [before, after] = [countOutcomes(test.unpatched, ends.unpatched), countOutcomes(test.patched, ends.patched)];
    if (before.runs === 0 || after.runs === 0) return [];
    const window =
      settled === undefined
        ? 0
        : countOutcomes(test.unpatched, settled.unpatched).runs + countOutcomes(test.patched, settled.patched).runs;
    const failed: Aspect = { test: index, kind: 'failed', counted: counted(before, after, window) };
    const slow = countSlow(test, ends, plan);
    if (slow === undefined) return [failed];
    const [fast, late] = [slow.unpatched, slow.patched];
    const slowness = counted(
      { runs: fast.runs, failed: fast.slow },
      { runs: late.runs, failed: late.slow },
      Math.min(window, fast.runs + late.runs - 1),
    );
    return [failed, { test: index, kind: 'slow', counted: slowness }];
  });
}

/**
 * The chance of each aspect, corrected for all others, and scaled so that it is to be compared with alpha: what a look may spend is a share of alpha, and the
 * chance is divided by that share.
 */
export function adjustedChances(aspects: readonly Aspect[], look: Look, plan: Plan): number[] {
  const all = aspects.map((aspect) => aspect.counted);
  const [fresh, more] = [newFailureChances(all), moreFailureChances(all)];
  return all.map((_, index) => {
    const scaledNew = ((fresh[index] ?? 1) * plan.alpha) / look.alphaNew;
    const scaledMore = ((more[index] ?? 1) * plan.alpha) / look.alphaMore;
    return Math.min(1, scaledNew, scaledMore);
  });
}

/** Chance at or below which a rise by the regression rate is taken as excluded. */
const excludedBelow = 0.03;

/** Whether so few failures on the patched kernel exclude that they rose by the regression rate. */
export function isExcluded(
  { unpatched, patched, failed, failedUnpatched }: Counted,
  { regressionRate }: Plan,
): boolean {
  const rate = failedUnpatched / Math.max(1, unpatched) + regressionRate;
  // What fails nearly always has no room to get that much worse.
  if (rate >= 1 && failedUnpatched > 0) return true;
  return binomialLower(failed - failedUnpatched, patched, rate) <= excludedBelow;
}
