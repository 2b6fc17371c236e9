import { RolloutError } from './error.ts';

/** Wald's sequential probability ratio test between two fixed rates. */
export interface WaldTest {
  /** At this sum and above `p1` is accepted. */
  readonly upper: number;
  /** At this sum and below `p0` is accepted. */
  readonly lower: number;
  /** What a failure adds. */
  readonly stepFailed: number;
  /** What a good machine adds. */
  readonly stepGood: number;
  /** Expected number of machines if the rate is `p0`, and if it is `p1`. */
  readonly expectedN: { readonly p0: number; readonly p1: number };
}

/**
 * Wald's test, to compare with: it needs one fixed bad rate where the gate's processes bet on many, and its limits are approximations.
 *
 * @param options Rates with 0 < p0 < p1 < 1, risks above 0 and together below 1.
 * @throws RolloutError `OUT_OF_RANGE`
 * @example
 * ```ts
 * import { waldTest } from '@klpkit/rollout';
 *
 * const { upper, expectedN } = waldTest({ p0: 0.01, p1: 0.03, alpha: 0.01, beta: 0.05 }); // 4.55388, 317 under p1
 * ```
 */
export function waldTest(options: { p0: number; p1: number; alpha: number; beta: number }): WaldTest {
  const { p0, p1, alpha, beta } = options;
  if (!(p0 > 0 && p1 > p0 && p1 < 1 && alpha > 0 && beta > 0 && alpha + beta < 1)) {
    throw new RolloutError(
      'OUT_OF_RANGE',
      'A test needs 0 < p0 < p1 < 1, and risks above 0 that are together below 1.',
    );
  }
  const upper = Math.log((1 - beta) / alpha);
  const lower = Math.log(beta / (1 - alpha));
  const stepFailed = Math.log(p1 / p0);
  const stepGood = Math.log1p(-p1) - Math.log1p(-p0);
  const drift = (rate: number): number => rate * stepFailed + (1 - rate) * stepGood;
  return {
    upper,
    lower,
    stepFailed,
    stepGood,
    expectedN: {
      p0: (alpha * upper + (1 - alpha) * lower) / drift(p0),
      p1: ((1 - beta) * upper + beta * lower) / drift(p1),
    },
  };
}
