import { betaQuantile } from './beta.ts';
import { RolloutError } from './error.ts';
import { normalQuantile } from './normal.ts';

/** Two limits of a rate. */
export interface RateInterval {
  readonly low: number;
  readonly high: number;
}

/**
 * The exact (Clopper-Pearson) interval of a rate after `failed` of `n`.
 *
 * @param confidence Above 0 and below 1, two-sided: 0.95.
 * @throws RolloutError `OUT_OF_RANGE`
 * @example
 * ```ts
 * import { clopperPearson } from '@klpkit/rollout';
 *
 * const { low, high } = clopperPearson(3, 100, 0.95); // 0.00623 to 0.0852
 * ```
 */
export function clopperPearson(failed: number, n: number, confidence: number): RateInterval {
  check(failed, n, confidence);
  const tail = (1 - confidence) / 2;
  const low = failed === 0 ? 0 : betaQuantile(tail, failed, n - failed + 1);
  const high = failed === n ? 1 : betaQuantile(1 - tail, failed + 1, n - failed);
  return { low, high };
}

/**
 * Upper limit of a rate after `failed` of `n`, one-sided and exact (Clopper-Pearson): what `p0` is best taken from, measured on unpatched
 * machines over the same window. The risk of a false halt is then at most alpha and `level` together.
 *
 * @param level Risk that the true rate is above the limit, above 0 and below 1: 0.005.
 * @throws RolloutError `OUT_OF_RANGE`
 * @example
 * ```ts
 * import { upperRateLimit } from '@klpkit/rollout';
 *
 * const p0 = upperRateLimit(20, 20_000, 0.005); // 0.0017328
 * ```
 */
export function upperRateLimit(failed: number, n: number, level: number): number {
  check(failed, n, level);
  return failed === n ? 1 : betaQuantile(1 - level, failed + 1, n - failed);
}

/**
 * The Wilson score interval of a rate, for people's eyes: near its nominal confidence on the average, unlike the exact one never wider than needed.
 *
 * @param confidence Above 0 and below 1, two-sided: 0.95.
 * @throws RolloutError `OUT_OF_RANGE`
 * @example
 * ```ts
 * import { wilsonInterval } from '@klpkit/rollout';
 *
 * const { low, high } = wilsonInterval(3, 100, 0.95); // 0.01025 to 0.0845
 * ```
 */
export function wilsonInterval(failed: number, n: number, confidence: number): RateInterval {
  check(failed, n, confidence);
  const z = normalQuantile((1 + confidence) / 2);
  const rate = failed / n;
  const scale = 1 + z ** 2 / n;
  const centre = rate + z ** 2 / (2 * n);
  const spread = z * Math.sqrt((rate * (1 - rate)) / n + z ** 2 / (4 * n ** 2));
  // At the ends the limit is the end itself; rounding must not move it.
  return {
    low: failed === 0 ? 0 : (centre - spread) / scale,
    high: failed === n ? 1 : (centre + spread) / scale,
  };
}

function check(failed: number, n: number, probability: number): void {
  const counts = Number.isSafeInteger(failed) && Number.isSafeInteger(n) && failed >= 0 && failed <= n && n > 0;
  if (counts && probability > 0 && probability < 1) return;
  throw new RolloutError(
    'OUT_OF_RANGE',
    'An interval needs 0 <= failed <= n with n above 0, and a probability above 0 and below 1.',
  );
}
