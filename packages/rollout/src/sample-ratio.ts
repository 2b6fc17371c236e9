import { allMicroPercent, checkMicroPercent } from './bucket.ts';
import { RolloutError } from './error.ts';
import { lnMean } from './log-sum.ts';
import type { Arm } from './two-sample.ts';

/** Odds ratios that the check bets on, both ways. */
const oddsRatios: readonly number[] = [1 / 4, 1 / 2, 1 / 1.3, 1.3, 2, 4];

/** The sample-ratio process so far, plain data of constant size. */
export interface SampleRatio {
  /** ln of each term, one an odds ratio. */
  readonly lnTerms: readonly number[];
}

/** E from which on bucketing is taken for broken or pings for forged. */
export const sampleRatioLimit = 1000;

/**
 * No machine has begun yet.
 *
 * @example
 * ```ts
 * import { lnSampleRatioEvidence, startSampleRatio } from '@klpkit/rollout';
 *
 * const lnE = lnSampleRatioEvidence(startSampleRatio); // 0
 * ```
 */
export const startSampleRatio: SampleRatio = { lnTerms: oddsRatios.map(() => 0) };

/**
 * The process after one more machine began. With honest pings and sound bucketing the next one is a patched machine with the share
 * that the signed percentages give; a binomial e-process, as a mixture of odds ratios, tells when it is not.
 *
 * @param expectedShare Probability that the next machine is a patched one. At 0 and 1 nothing is learnt, because then one of the arms is empty.
 * @throws RolloutError `OUT_OF_RANGE`
 * @example
 * ```ts
 * import { lnSampleRatioEvidence, reduceSampleRatio, startSampleRatio } from '@klpkit/rollout';
 *
 * let state = startSampleRatio;
 * for (let index = 0; index < 20; index++) state = reduceSampleRatio(state, 'patched', 0.1);
 * const isForged = lnSampleRatioEvidence(state) > Math.log(1000); // true: ten percent would not send all of it
 * ```
 */
export function reduceSampleRatio(state: SampleRatio, arm: Arm, expectedShare: number): SampleRatio {
  if (!(expectedShare >= 0 && expectedShare <= 1)) {
    throw new RolloutError(
      'OUT_OF_RANGE',
      'An expected share is a probability from 0 to 1: take it from expectedShareOf.',
    );
  }
  if (expectedShare === 0 || expectedShare === 1) return state;
  const lnTerms = state.lnTerms.map((term, index) => {
    const odds = oddsRatios[index] ?? 1;
    const norm = odds * expectedShare + 1 - expectedShare;
    return term + Math.log(arm === 'patched' ? odds / norm : 1 / norm);
  });
  return { lnTerms };
}

/**
 * ln E of the process: the evidence that the arms are not mixed as the percentages say.
 *
 * @example
 * ```ts
 * import { lnSampleRatioEvidence, startSampleRatio } from '@klpkit/rollout';
 *
 * const lnE = lnSampleRatioEvidence(startSampleRatio); // 0
 * ```
 */
export function lnSampleRatioEvidence(state: SampleRatio): number {
  return lnMean(Float64Array.from(state.lnTerms));
}

/**
 * The share of patched machines among those that begin in a phase: the newly reached against the controls among the not yet reached.
 *
 * @param fromMicroPercent Where the phase before ended; 0 in the first phase.
 * @param toMicroPercent The phase's percentage.
 * @param controlRate Share of not yet reached machines that send the placebo pair once in the phase, 0 to 1.
 * @throws RolloutError `OUT_OF_RANGE`
 * @example
 * ```ts
 * import { expectedShareOf } from '@klpkit/rollout';
 *
 * const share = expectedShareOf(10_000_000, 20_000_000, 1); // 1/9: a tenth is new, eight tenths wait
 * ```
 */
export function expectedShareOf(fromMicroPercent: number, toMicroPercent: number, controlRate: number): number {
  checkMicroPercent(fromMicroPercent);
  checkMicroPercent(toMicroPercent);
  if (!(controlRate >= 0 && controlRate <= 1) || toMicroPercent < fromMicroPercent) {
    throw new RolloutError('OUT_OF_RANGE', 'A phase does not shrink, and a rate of controls is from 0 to 1.');
  }
  const reached = toMicroPercent - fromMicroPercent;
  const waiting = (allMicroPercent - toMicroPercent) * controlRate;
  return reached + waiting === 0 ? 1 : reached / (reached + waiting);
}
