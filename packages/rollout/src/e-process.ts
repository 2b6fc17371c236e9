import { RolloutError } from './error.ts';
import { lnMean } from './log-sum.ts';

/** Rate ratios that the halt process bets on: from half again as many failures to a hundred times. */
export const haltRatios: readonly number[] = [1.5, 2, 3, 5, 10, 20, 50, 100];

/** Shares of the bad rate that the advance process bets on. */
export const advanceShares: readonly number[] = [0, 0.1, 0.25, 0.5];

/**
 * ln E(n, s): the evidence that machines fail more often than `p0`, an equal mixture over {@link haltRatios}. Under any failure
 * probabilities at or below `p0`, alike or not, P(E ever reaches 1/alpha) <= alpha, however often one looks (Ville).
 *
 * @param n Machines that began, 0 or more.
 * @param failed Those of them that failed, 0 to n.
 * @param p0 Failure rate that is taken for normal, above 0 and below 1/3.
 * @throws RolloutError `OUT_OF_RANGE`
 * @example
 * ```ts
 * import { lnHaltEvidence } from '@klpkit/rollout';
 *
 * const lnE = lnHaltEvidence(10, 2, 0.001); // 6.698033220570688, above ln 100: halt
 * ```
 */
export function lnHaltEvidence(n: number, failed: number, p0: number): number {
  checkCounts(n, failed);
  checkP0(p0);
  const terms = new Float64Array(haltRatios.length);
  for (let index = 0; index < terms.length; index++) {
    const p = Math.min((haltRatios[index] ?? 1) * p0, 0.5);
    terms[index] = failed * Math.log(p / p0) + (n - failed) * (Math.log1p(-p) - Math.log1p(-p0));
  }
  return lnMean(terms);
}

/**
 * ln F(n, x): the evidence that machines fail more rarely than `pBad`, an equal mixture over {@link advanceShares}. If every machine
 * fails with probability `pBad` or more, P(F ever reaches 1/beta) <= beta.
 *
 * @param n Machines that began, 0 or more.
 * @param failed Those that failed or have not answered yet, 0 to n.
 * @param pBad Failure rate that must be excluded, above 0 and below 1.
 * @throws RolloutError `OUT_OF_RANGE`
 * @example
 * ```ts
 * import { lnAdvanceEvidence } from '@klpkit/rollout';
 *
 * const lnF = lnAdvanceEvidence(150, 0, 0.03); // 3.907278030716487, above ln 20: advance
 * ```
 */
export function lnAdvanceEvidence(n: number, failed: number, pBad: number): number {
  checkCounts(n, failed);
  checkPBad(pBad);
  const terms = new Float64Array(advanceShares.length);
  for (let index = 0; index < terms.length; index++) {
    const share = advanceShares[index] ?? 0;
    const ofFailures = failed === 0 ? 0 : failed * Math.log(share); // 0^0 = 1
    terms[index] = ofFailures + (n - failed) * (Math.log1p(-share * pBad) - Math.log1p(-pBad));
  }
  return lnMean(terms);
}

/** `p0` must leave room for the mixture: at 1/3 and above 1.5 * p0 meets the cap of 1/2. */
export function checkP0(p0: number): void {
  if (p0 > 0 && p0 < 1 / 3) return;
  throw new RolloutError(
    'OUT_OF_RANGE',
    'p0 must be above 0 and below 1/3: a patch with such a failure rate needs no statistics.',
  );
}

/** Refuses what is no failure rate. */
export function checkPBad(pBad: number): void {
  if (pBad > 0 && pBad < 1) return;
  throw new RolloutError(
    'OUT_OF_RANGE',
    'pBad must be above 0 and below 1: it is the failure rate that must be excluded.',
  );
}

function checkCounts(n: number, failed: number): void {
  if (Number.isSafeInteger(n) && Number.isSafeInteger(failed) && failed >= 0 && failed <= n) return;
  throw new RolloutError(
    'OUT_OF_RANGE',
    'Counts are integers, and failures are among the machines that began: 0 <= failed <= n.',
  );
}
