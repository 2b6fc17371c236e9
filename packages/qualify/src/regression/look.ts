import type { Look, Plan } from '../statistics/design.ts';
import { type Counted, moreFailureChances, newFailureChances } from '../statistics/families.ts';
import { binomialLower } from '../statistics/tails.ts';
import { countOutcomes, patternOf, type TestHistory } from './outcomes.ts';
import { countSlow } from './slow.ts';

/** Something that can be worse on the patched kernel: that a test fails, or that it is slow. */
export interface Aspect {
  /** Place of the test among the histories. */
  readonly test: number;
  readonly kind: 'failed' | 'slow';
  readonly counted: Counted;
  /** Which runs it was in. Aspects of one pattern are one event, however many tests show it. */
  readonly pattern: string;
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
    const pattern =
      before.failed + after.failed === 0
        ? ''
        : `${patternOf(test.unpatched, ends.unpatched)}|${patternOf(test.patched, ends.patched)}`;
    const failed: Aspect = { test: index, kind: 'failed', counted: counted(before, after, window), pattern };
    const slow = countSlow(test, ends, plan);
    if (slow === undefined) return [failed];
    const [fast, late] = [slow.unpatched, slow.patched];
    const slowness = counted(
      { runs: fast.runs, failed: fast.slow },
      { runs: late.runs, failed: late.slow },
      Math.min(window, fast.runs + late.runs - 1),
    );
    return [failed, { test: index, kind: 'slow', counted: slowness, pattern: slow.pattern }];
  });
}

/** The aspects that differ: tests that always fail together, as the parts of a program that crashes, must not count as many. */
function distinct(aspects: readonly Aspect[]): Map<string, { readonly place: number; readonly counted: Counted }> {
  const found = new Map<string, { readonly place: number; readonly counted: Counted }>();
  for (const aspect of aspects)
    if (aspect.counted.failed > 0 && !found.has(aspect.pattern))
      found.set(aspect.pattern, { place: found.size, counted: aspect.counted });
  return found;
}

/**
 * The chance of each aspect, corrected for all others, and scaled so that it is to be compared with alpha: what a look may spend is a share of alpha, and the
 * chance is divided by that share.
 */
export function adjustedChances(aspects: readonly Aspect[], look: Look, plan: Plan): number[] {
  const groups = distinct(aspects);
  const all = [...groups.values()].map((group) => group.counted);
  const [fresh, more] = [newFailureChances(all), moreFailureChances(all)];
  return aspects.map(({ counted: { failed }, pattern }) => {
    const place = failed === 0 ? -1 : (groups.get(pattern)?.place ?? -1);
    const scaledNew = ((fresh[place] ?? 1) * plan.alpha) / look.alphaNew;
    const scaledMore = ((more[place] ?? 1) * plan.alpha) / look.alphaMore;
    return Math.min(1, scaledNew, scaledMore);
  });
}

/** Chance at or below which a rise by the regression rate is taken as excluded, for a test that never failed on the unpatched kernel. */
const excludedBelow = 0.03;

/** The same for a flaky test. What is promised is to find new failures; that a flaky test got worse may be missed more often, or twenty of them would never end. */
const excludedBelowIfFlaky = 0.25;

/** Whether so few failures on the patched kernel exclude that they rose by the regression rate. */
export function isExcluded(
  { unpatched, patched, failed, failedUnpatched }: Counted,
  { regressionRate }: Plan,
): boolean {
  const rate = failedUnpatched / Math.max(1, unpatched) + regressionRate;
  // What fails nearly always has no room to get that much worse.
  if (rate >= 1 && failedUnpatched > 0) return true;
  const below = failedUnpatched === 0 ? excludedBelow : excludedBelowIfFlaky;
  return binomialLower(failed - failedUnpatched, patched, rate) <= below;
}
