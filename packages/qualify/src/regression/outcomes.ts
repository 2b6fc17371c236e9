/** How a test did in one run, as far as a comparison cares. */
export const outcome = { good: 0, bad: 1, missing: 2, skipped: 3, absent: 4 } as const;

/** The outcomes of one test on one kernel, in the order of the runs. */
export interface Outcomes {
  /** Values of {@link outcome}, one a run. */
  readonly codes: Uint8Array;
  /** Milliseconds of runs that passed, `NaN` elsewhere; `null` where no duration is known at all. */
  readonly durationsMs: Float64Array | null;
}

/** One test over all runs. */
export interface TestHistory {
  readonly name: string;
  readonly unpatched: Outcomes;
  readonly patched: Outcomes;
  readonly lastFailure: string;
}

/** What was counted in the first `end` runs. */
export interface OutcomeCounts {
  /** Runs with a result, good or bad. */
  readonly runs: number;
  readonly failed: number;
  readonly missing: number;
  readonly skipped: number;
}

/** Which of the first `end` runs failed, as a text: `1` where it did, `0` where it did not, `-` where nothing is known. */
export function patternOf({ codes }: Outcomes, end: number): string {
  return Array.from(codes.subarray(0, end), (code) => {
    if (code === outcome.good) return '0';
    return code === outcome.skipped || code === outcome.absent ? '-' : '1';
  }).join('');
}

/** Counts the first `end` runs. */
export function countOutcomes({ codes }: Outcomes, end: number): OutcomeCounts {
  const counts = [0, 0, 0, 0, 0];
  for (const code of codes.subarray(0, end)) counts[code] = (counts[code] ?? 0) + 1;
  const [good = 0, bad = 0, missing = 0, skipped = 0] = counts;
  return { runs: good + bad + missing, failed: bad + missing, missing, skipped };
}
