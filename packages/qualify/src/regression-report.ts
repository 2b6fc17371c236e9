import type { Reason, Verdict } from './verdict.ts';

/**
 * What the comparison says of one test.
 *
 * - `pass`: passed on both kernels, always
 * - `regression`: fails more often on the patched kernel than chance explains; `vanished`: the same, as it is no longer there
 * - `slower`: takes longer on the patched kernel than chance explains
 * - `suspect`: looks worse, too little to call it a regression after all runs
 * - `flaky`: failed at times, on either kernel, and not for the patch
 * - `failing`: fails on both kernels, always
 * - `fixed`: fails less often on the patched kernel than chance explains
 * - `new`: only the patched kernel has it
 * - `skipped`: did not run on the patched kernel, or on neither, or is left out there more often than chance explains
 */
export type TestClass =
  | 'pass'
  | 'regression'
  | 'vanished'
  | 'slower'
  | 'suspect'
  | 'flaky'
  | 'failing'
  | 'fixed'
  | 'new'
  | 'skipped';

/** How one test did on one kernel over all runs. */
export interface TestTally {
  /** Runs in which it ended, good or bad; skipped ones are not among them. */
  readonly runs: number;
  /** Runs in which it failed, broke, timed out or was missing. */
  readonly failed: number;
  /** Of `failed`, those in which no result came. */
  readonly missing: number;
  readonly skipped: number;
  /** Runs that took much longer than most runs on either kernel. */
  readonly slow: number;
  /** Median duration of the runs that passed, milliseconds; `null` where none is known. */
  readonly medianMs: number | null;
}

/** One test on both kernels. */
export interface TestComparison {
  readonly name: string;
  readonly class: TestClass;
  readonly unpatched: TestTally;
  readonly patched: TestTally;
  /**
   * Chance that some test of this patch would look at least as bad as this one though the patch changed nothing: the least over all looks,
   * after correction for the number of tests. 1 where nothing points to a regression.
   */
  readonly adjustedP: number;
  /** Median duration patched over unpatched; `null` where a median is not known or is 0. */
  readonly slowdown: number | null;
  /** How it failed on the patched kernel, last time: its reason and the end of its output; `''` where it did not. Untrusted text. */
  readonly lastFailure: string;
}

/** What came out of running the same tests on both kernels. */
export interface RegressionReport {
  readonly verdict: Verdict;
  /** Never empty unless the verdict is `pass`. */
  readonly reasons: readonly Reason[];
  /** Whether more runs would change nothing: decided, or the last run is done. */
  readonly finished: boolean;
  /** Runs on each kernel until now. */
  readonly runs: { readonly unpatched: number; readonly patched: number };
  /** Runs on each kernel after which to compare again; equals the present number when finished. */
  readonly nextLook: number;
  /** Names of the tests that the next runs must contain, when not finished; others may be left out of them. */
  readonly rerun: readonly string[];
  /** Worst first, then by name. */
  readonly tests: readonly TestComparison[];
}
