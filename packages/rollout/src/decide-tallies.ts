import { checkPolicy, decisionOf, type GateDecision, type GatePolicy } from './decide.ts';
import type { DeparturePolicy } from './departures.ts';
import { lnAdvanceEvidence, lnHaltEvidence } from './e-process.ts';
import { RolloutError } from './error.ts';
import { lnWeightedSum } from './log-sum.ts';
import type { Tally } from './tally.ts';

/** A gate's policy where silence is told from crashes and machines are told from machines. */
export interface StreamPolicy extends GatePolicy, DeparturePolicy {
  /**
   * Normal rate of machines that fall silent, above 0 and below 1/3. Where it is given, crashes are held against `p0` and silence against
   * this, one process each, and their mean decides; where not, both are failures against `p0`.
   */
  readonly p0Silent?: number;
  /**
   * Weights of the strata (kernel build, processor), fixed beforehand, above 0, together 1. The stratum `*` is all that are not named and must be
   * there. Absent: one stratum.
   */
  readonly strata?: Readonly<Record<string, number>>;
}

/** The name of the stratum of all machines whose own is not named. */
export const otherStratum = '*';

/**
 * Decides from the tallies of all strata: the halt process is the weighted mean of the strata's (a mean of e-processes is one), the
 * advance process takes all machines together.
 *
 * @param tallies By stratum; one that is missing has seen nothing.
 * @throws RolloutError `OUT_OF_RANGE`
 * @example
 * ```ts
 * import { decideTallies, emptyTally } from '@klpkit/rollout';
 *
 * const policy = { p0: 0.001, p0Silent: 0.01, pBad: 0.03, alpha: 0.01, beta: 0.05 };
 * const tally = { ...emptyTally, n: 25, crashed: 3, open: 10 };
 * const { decision } = decideTallies(new Map([['*', tally]]), policy); // 'halt'
 * ```
 */
export function decideTallies(tallies: ReadonlyMap<string, Tally>, policy: StreamPolicy): GateDecision {
  checkPolicy(policy);
  const strata = strataOf(policy);
  const lnHalt = lnWeightedSum(
    strata.map(([, weight]) => weight),
    strata.map(([name]) => lnHaltOf(tallies.get(name), policy)),
  );
  let n = 0;
  let against = 0;
  for (const tally of tallies.values()) {
    n += tally.n;
    against += tally.crashed + tally.silent + tally.left + tally.open;
  }
  return decisionOf(lnHalt, lnAdvanceEvidence(n, against, policy.pBad), policy);
}

/** The strata of a policy with their weights, checked. */
export function strataOf(policy: StreamPolicy): readonly (readonly [string, number])[] {
  const strata = Object.entries(policy.strata ?? { [otherStratum]: 1 });
  const sum = strata.reduce((total, [, weight]) => total + weight, 0);
  const positive = strata.every(([, weight]) => weight > 0);
  if (positive && Math.abs(sum - 1) < 1e-9 && strata.some(([name]) => name === otherStratum)) return strata;
  throw new RolloutError(
    'OUT_OF_RANGE',
    'Weights of strata are above 0, together 1, and one of them is for `*`, all others.',
  );
}

function lnHaltOf(tally: Tally | undefined, policy: StreamPolicy): number {
  if (tally === undefined) return 0;
  const { n, crashed, silent } = tally;
  if (policy.p0Silent === undefined) return lnHaltEvidence(n, crashed + silent, policy.p0);
  return lnWeightedSum([0.5, 0.5], [lnHaltEvidence(n, crashed, policy.p0), lnHaltEvidence(n, silent, policy.p0Silent)]);
}
