import { haltRatios } from './e-process.ts';
import { RolloutError } from './error.ts';
import { lnMean } from './log-sum.ts';

/** A machine that got the patch, or one of the control. */
export type Arm = 'patched' | 'control';

/** The two-sample process so far: one term a rate ratio, in logarithms. Plain data of constant size. */
export interface TwoSample {
  /** ln of each term, in the order of `haltRatios`. */
  readonly lnTerms: readonly number[];
}

/** One failure, with the machines at risk in each arm at that time. */
export interface TwoSampleFailure {
  readonly arm: Arm;
  /** Patched machines at risk, 0 or more. */
  readonly patched: number;
  /** Control machines at risk, 0 or more. */
  readonly control: number;
}

/**
 * Nothing has failed yet.
 *
 * @example
 * ```ts
 * import { lnTwoSampleEvidence, startTwoSample } from '@klpkit/rollout';
 *
 * const lnE = lnTwoSampleEvidence(startTwoSample); // 0
 * ```
 */
export const startTwoSample: TwoSample = { lnTerms: haltRatios.map(() => 0) };

/**
 * The process after one failure. For fleets without a trusted failure rate: machines that are not yet in the bucket are the control, and
 * what is common to both (a bad day, a bad kernel) cancels. The hypothesis is that patched machines fail at most as often; it is an
 * approximation for failures that are rare per machine at risk. A failure while one arm is empty says nothing.
 *
 * @throws RolloutError `OUT_OF_RANGE`
 * @example
 * ```ts
 * import { lnTwoSampleEvidence, reduceTwoSample, startTwoSample } from '@klpkit/rollout';
 *
 * const failure = { arm: 'patched', patched: 10, control: 90 } as const;
 * const lnE = lnTwoSampleEvidence([failure, failure, failure].reduce(reduceTwoSample, startTwoSample)); // 5.483099349870892
 * ```
 */
export function reduceTwoSample(state: TwoSample, failure: TwoSampleFailure): TwoSample {
  const { arm, patched, control } = failure;
  if (!(patched >= 0 && control >= 0 && Number.isFinite(patched + control))) {
    throw new RolloutError('OUT_OF_RANGE', 'Machines at risk are counts of 0 or more.');
  }
  if (patched === 0 || control === 0) return state;
  const lnTerms = state.lnTerms.map((term, index) => {
    const ratio = haltRatios[index] ?? 1;
    const factor = (patched + control) / (ratio * patched + control);
    return term + Math.log(arm === 'patched' ? ratio * factor : factor);
  });
  return { lnTerms };
}

/**
 * ln E of the process: the evidence that patched machines fail more often than the control.
 *
 * @example
 * ```ts
 * import { lnTwoSampleEvidence, startTwoSample } from '@klpkit/rollout';
 *
 * const lnE = lnTwoSampleEvidence(startTwoSample); // 0
 * ```
 */
export function lnTwoSampleEvidence(state: TwoSample): number {
  return lnMean(Float64Array.from(state.lnTerms));
}
