import { chanceOf, chanceOfCleanWindow, type Split } from './tails.ts';

/** What was counted of one test at one look: failed runs, or slow ones. */
export interface Counted extends Split {
  /** Of `failed`, those on the unpatched kernel. */
  readonly failedUnpatched: number;
  /** Runs of both kernels after which a test without a failure is left alone; 0 before that. */
  readonly window: number;
}

/** Where a test's own p-value could have landed: at `p`, by `gain` more than one step before. */
interface Step {
  readonly p: number;
  readonly gain: number;
}

/** Chances above this are of no interest: they make neither a regression nor a suspicion. */
const cutoff = 0.5;

/** Numbers that are equal but for rounding are one step. */
const nearly = 1 + 1e-9;

/**
 * A test that had no failure at the end of the window was left alone, so those that remain are known to have had one. Their chances are conditional on
 * that as well: the factor is 1 / P(not clean).
 */
const correction = (counted: Counted): number =>
  counted.window === 0 ? 1 : 1 / Math.max(1e-12, 1 - chanceOfCleanWindow(counted.window, counted));

/** Chance that all failures are on the patched kernel. */
function chanceOfNew(counted: Counted): number {
  const { failed, patched } = counted;
  return failed === 0 || failed > patched ? 0 : chanceOf(0, counted) * correction(counted);
}

/** Chances of 1 to k failures on the unpatched kernel, for k = 1, 2, … until they are of no interest. */
function chancesOfMore(counted: Counted, memo: Map<string, readonly Step[]>): readonly Step[] {
  const key = `${counted.unpatched} ${counted.patched} ${counted.failed} ${counted.window}`;
  const known = memo.get(key);
  if (known !== undefined) return known;
  const factor = correction(counted);
  const steps: Step[] = [];
  let p = 0;
  for (let k = 1; k <= counted.failed; k++) {
    const gain = chanceOf(k, counted) * factor;
    p += gain;
    if (p > cutoff) break;
    if (gain > 0) steps.push({ p, gain });
  }
  memo.set(key, steps);
  return steps;
}

/** For each candidate the sum of all steps up to its own p: the chance that any test comes that far (Bonferroni with Tarone's gain). */
function sumsUpTo(steps: Step[], candidates: readonly (number | undefined)[]): number[] {
  const sorted = steps.toSorted((a, b) => a.p - b.p);
  const sums: number[] = [];
  let sum = 0;
  for (const { gain } of sorted) sums.push((sum += gain));
  return candidates.map((p) => {
    if (p === undefined || p > cutoff) return 1;
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] as Step).p <= p * nearly) low = middle + 1;
      else high = middle;
    }
    return Math.min(1, sums[low - 1] ?? 1);
  });
}

/**
 * Of each test that failed on the patched kernel only: the chance that any test of the suite would come out as remarkable as it, or more.
 * Others get 1. A test without any failure adds nothing, and one with few adds little, because it could not have been remarkable.
 */
export function newFailureChances(tests: readonly Counted[]): number[] {
  const own = tests.map(chanceOfNew);
  const steps = own.filter((p) => p > 0 && p <= cutoff).map((p) => ({ p, gain: p }));
  const candidates = tests.map(({ failed, failedUnpatched }, index) =>
    failed > 0 && failedUnpatched === 0 ? own[index] : undefined,
  );
  return sumsUpTo(steps, candidates);
}

/** The same of each test that failed on both kernels: whether it fails more often on the patched one. */
export function moreFailureChances(tests: readonly Counted[]): number[] {
  const memo = new Map<string, readonly Step[]>();
  const all = tests.map((counted) => chancesOfMore(counted, memo));
  const candidates = tests.map(({ failedUnpatched }, index) => all[index]?.[failedUnpatched - 1]?.p);
  return sumsUpTo(all.flat(), candidates);
}
