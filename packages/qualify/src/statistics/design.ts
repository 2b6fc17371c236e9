import { QualifyError } from '../error.ts';

/** How a comparison is designed. The defaults are those whose error rates were measured; docs/decisions has the reasoning. */
export interface ComparisonDesign {
  /** Most runs on each kernel, 2 to 1000; 40 unless told. */
  readonly maxRuns?: number;
  /** Most chance that a good patch fails for its tests, above 0 and at most 0.1; 0.01 unless told. */
  readonly alpha?: number;
  /**
   * The share of runs that a new failure must spoil to be found, above 0 and at most 1; 0.3 unless told. The smaller, the more runs it takes before a
   * test without any failure is left alone: 12 for 0.3, 7 for 0.5, 40 for 0.1.
   */
  readonly regressionRate?: number;
  /** A run is slow when it takes more than this many times the lower quartile of all runs, at least 1.1; 2 unless told. */
  readonly slowFactor?: number;
  /** … and at least this much longer, milliseconds; 100 unless told. */
  readonly slowFloorMs?: number;
}

/** One look at the data. */
export interface Look {
  /** Runs on each kernel. */
  readonly runs: number;
  /** What it may spend of alpha on tests that fail on the patched kernel only. */
  readonly alphaNew: number;
  /** What it may spend on tests that fail on both. */
  readonly alphaMore: number;
}

/** A design with everything decided. */
export interface Plan extends Required<ComparisonDesign> {
  readonly looks: readonly Look[];
  /** Runs after which a test that never failed is left alone. */
  readonly settleRuns: number;
}

/** Most chance that a regression of `regressionRate` hides until its test is left alone. */
const missAtSettling = 0.015;

/** A break that is always there is found at the first look: 7 runs are the fewest that can prove it among few flaky tests. */
const firstLook = 7;

/** Share of alpha that a look may spend, by its place; the last look has the rest. */
const shares = [0.04, 0.05, 0.07, 0.12];

/**
 * Share of alpha for tests that never failed on the unpatched kernel; the rest is for flaky ones that get worse. The least at which 7 failures in
 * 40 runs against none are enough where nothing else is flaky.
 */
const shareOfNew = 0.88;

function check(name: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return;
  throw new QualifyError('INVALID_DESIGN', `${name} is ${value}; it must be from ${low} to ${high}.`);
}

/** Where the looks are: the first, the one at which tests settle, then at half, three quarters and the end of what is allowed. */
function looksOf(maxRuns: number, settleRuns: number): number[] {
  const wanted = [firstLook, settleRuns, Math.round(maxRuns / 2), Math.round((maxRuns * 3) / 4)];
  const early = [...new Set(wanted)].filter((runs) => runs >= Math.min(firstLook, settleRuns) && runs < maxRuns);
  return [...early.toSorted((a, b) => a - b), maxRuns];
}

/** Checks a design and works out its looks. */
export function planOf(design: ComparisonDesign = {}): Plan {
  const { maxRuns = 40, alpha = 0.01, regressionRate = 0.3, slowFactor = 2, slowFloorMs = 100 } = design;
  if (!Number.isInteger(maxRuns)) throw new QualifyError('INVALID_DESIGN', 'maxRuns must be an integer.');
  check('maxRuns', maxRuns, 2, 1000);
  check('alpha', alpha, Number.MIN_VALUE, 0.1);
  check('regressionRate', regressionRate, 0.005, 1);
  check('slowFactor', slowFactor, 1.1, 1e6);
  check('slowFloorMs', slowFloorMs, 0, 1e9);
  const settleRuns = regressionRate === 1 ? 1 : Math.ceil(Math.log(missAtSettling) / Math.log1p(-regressionRate));
  const runs = looksOf(maxRuns, settleRuns);
  const spent = shares.slice(0, runs.length - 1);
  const last = 1 - spent.reduce((sum, share) => sum + share, 0);
  const looks = runs.map((each, index) => {
    const share = alpha * (index === runs.length - 1 ? last : (spent[index] ?? 0));
    return { runs: each, alphaNew: share * shareOfNew, alphaMore: share * (1 - shareOfNew) };
  });
  return { maxRuns, alpha, regressionRate, slowFactor, slowFloorMs, settleRuns, looks };
}
