import { lnHaltEvidence } from './e-process.ts';
import type { Tally } from './tally.ts';

/** What departures are held against. */
export interface DeparturePolicy {
  /**
   * Normal rate of machines that go down in good order inside their window, above 0 and below 1/3; best an upper limit that was measured. More of them
   * than chance explains hold the release and pause it (`left` of `GateCause`), and never halt or block it. Absent: they are only counted.
   */
  readonly p0Left?: number;
}

/**
 * ln E of the departures: the evidence that machines go down in good order more often than `p0Left`. For the other processes such a machine is neither
 * good nor failed, so a patch whose machines reboot before they are proven would be judged by nobody. A reboot in good order can have harmless
 * causes in number (a maintenance window, an update of something else), so this asks a person and accuses nothing. Valid at any time, as the halt
 * process is: P(E ever reaches 1/alpha) <= alpha where no machine leaves with more than `p0Left`. 0 without a rate.
 *
 * @throws RolloutError `OUT_OF_RANGE`
 * @example
 * ```ts
 * import { emptyTally, lnLeftEvidence } from '@klpkit/rollout';
 *
 * const lnE = lnLeftEvidence({ ...emptyTally, n: 40, left: 10 }, { p0Left: 0.05 }); // 7.19…, above ln 100: pause
 * ```
 */
export function lnLeftEvidence({ n, left }: Pick<Tally, 'n' | 'left'>, { p0Left }: DeparturePolicy): number {
  return p0Left === undefined ? 0 : lnHaltEvidence(n, left, p0Left);
}

/**
 * Whether the evidence of departures is enough to pause.
 *
 * @param alpha Risk of pausing a release whose machines leave no more often than is normal.
 * @example
 * ```ts
 * import { isLeaving } from '@klpkit/rollout';
 *
 * const pause = isLeaving(Math.log(250), 0.01); // true
 * ```
 */
export function isLeaving(lnLeft: number, alpha: number): boolean {
  return lnLeft >= -Math.log(alpha);
}
