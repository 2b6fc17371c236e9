import { lnChoose } from './ln-choose.ts';

/**
 * Given that `failed` of all runs failed and that the patch changed nothing, every choice of which runs those were is as likely as any other
 * (the runs are exchangeable). Then the number of them on the unpatched kernel is hypergeometric, whatever the test's flake rate.
 */
export interface Split {
  /** Runs on the unpatched kernel. */
  readonly unpatched: number;
  /** Runs on the patched kernel. */
  readonly patched: number;
  /** Runs on either that failed. */
  readonly failed: number;
}

/** Chance of exactly `k` failed runs on the unpatched kernel. */
export function chanceOf(k: number, { unpatched, patched, failed }: Split): number {
  const ln = lnChoose(unpatched, k) + lnChoose(patched, failed - k) - lnChoose(unpatched + patched, failed);
  return Math.exp(ln);
}

/** Chance of at most `k` of them there: the one-sided p-value of Fisher's exact test. */
export function fisherLower(k: number, split: Split): number {
  let sum = 0;
  for (let each = 0; each <= k; each++) sum += chanceOf(each, split);
  return Math.min(1, sum);
}

/** Chance that the first `window` of all runs, in whatever order, are without a failure. */
export function chanceOfCleanWindow(window: number, { unpatched, patched, failed }: Split): number {
  const runs = unpatched + patched;
  return window >= runs ? 0 : Math.exp(lnChoose(runs - window, failed) - lnChoose(runs, failed));
}

/** Chance of at most `k` failures in `runs` runs of which each fails with chance `rate`. */
export function binomialLower(k: number, runs: number, rate: number): number {
  if (k >= runs) return 1;
  if (rate >= 1) return 0;
  if (rate <= 0) return 1;
  let sum = 0;
  for (let each = 0; each <= k; each++)
    sum += Math.exp(lnChoose(runs, each) + each * Math.log(rate) + (runs - each) * Math.log1p(-rate));
  return Math.min(1, sum);
}
