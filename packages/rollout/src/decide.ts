import { checkP0, checkPBad, lnAdvanceEvidence, lnHaltEvidence } from './e-process.ts';
import { RolloutError } from './error.ts';

/** What is known of one patch. Every machine that sent a `before` counts in `n`, whatever came after. */
export interface Evidence {
  /** Machines that began. */
  readonly n: number;
  /** Machines that failed: said so, or fell silent past the window. */
  readonly failed: number;
  /** Machines whose window is still open. `failed + open <= n`. */
  readonly open: number;
}

/** The rates and risks a gate decides with. */
export interface GatePolicy {
  /** Failure rate that is taken for normal, above 0 and below 1/3; best an upper limit that was measured (`upperRateLimit`). */
  readonly p0: number;
  /** Failure rate that must be excluded before more machines get it, above 0 and below 1. */
  readonly pBad: number;
  /** Risk of halting a patch that is as good as `p0`, above 0 and below 1. */
  readonly alpha: number;
  /** Risk of ever advancing a patch that is as bad as `pBad`, above 0 and below 1. */
  readonly beta: number;
}

/**
 * How strong the evidence of harm is, whatever alpha is: `hold` from E = 20 on, `halt` from 100, `block` from 1000. Whoever acts by itself
 * advances at `none` only.
 */
export type GateLevel = 'none' | 'hold' | 'halt' | 'block';

/** What the gate says of counts alone; soak times are the plan's. */
export interface GateDecision {
  readonly decision: 'advance' | 'hold' | 'halt';
  readonly level: GateLevel;
  /** ln E(n, failed): open windows count as good, so that a failure counts at once and the guarantee stays. */
  readonly lnHalt: number;
  /** ln F(n, failed + open): open windows count as bad. */
  readonly lnAdvance: number;
}

/** E at which the levels begin. */
export const gateLevels: { readonly hold: 20; readonly halt: 100; readonly block: 1000 } = {
  hold: 20,
  halt: 100,
  block: 1000,
};

/**
 * Decides from counts: `halt` where E(n, failed) >= 1/alpha, else `advance` where F(n, failed + open) >= 1/beta, else `hold`. Valid at any
 * time and as often as one likes.
 *
 * @throws RolloutError `OUT_OF_RANGE` where `p0 >= 1/3`, `failed + open > n`, or a number is not what it must be.
 * @example
 * ```ts
 * import { decide } from '@klpkit/rollout';
 *
 * const policy = { p0: 0.01, pBad: 0.03, alpha: 0.01, beta: 0.05 };
 * decide({ n: 60, failed: 5, open: 5 }, policy).decision; // 'halt'
 * decide({ n: 150, failed: 0, open: 20 }, policy).decision; // 'hold'
 * ```
 */
export function decide(evidence: Evidence, policy: GatePolicy): GateDecision {
  checkEvidence(evidence);
  checkPolicy(policy);
  const { n, failed, open } = evidence;
  return decisionOf(lnHaltEvidence(n, failed, policy.p0), lnAdvanceEvidence(n, failed + open, policy.pBad), policy);
}

/** The rule itself, for evidence however it was gathered. */
export function decisionOf(lnHalt: number, lnAdvance: number, risks: Pick<GatePolicy, 'alpha' | 'beta'>): GateDecision {
  const level = levelOf(lnHalt);
  if (lnHalt >= -Math.log(risks.alpha)) return { decision: 'halt', level, lnHalt, lnAdvance };
  const decision = lnAdvance >= -Math.log(risks.beta) ? 'advance' : 'hold';
  return { decision, level, lnHalt, lnAdvance };
}

/**
 * The level that evidence of harm stands at.
 *
 * @example
 * ```ts
 * import { levelOf } from '@klpkit/rollout';
 *
 * const level = levelOf(Math.log(250)); // 'halt'
 * ```
 */
export function levelOf(lnHalt: number): GateLevel {
  if (lnHalt >= Math.log(gateLevels.block)) return 'block';
  if (lnHalt >= Math.log(gateLevels.halt)) return 'halt';
  return lnHalt >= Math.log(gateLevels.hold) ? 'hold' : 'none';
}

/** Refuses counts that contradict each other. */
export function checkEvidence({ n, failed, open }: Evidence): void {
  const counts = [n, failed, open].every((count) => Number.isSafeInteger(count) && count >= 0);
  if (counts && failed + open <= n) return;
  throw new RolloutError(
    'OUT_OF_RANGE',
    'Counts are integers of 0 or more with failed + open <= n: count every machine once, in one place.',
  );
}

/** Refuses rates and risks out of range. */
export function checkPolicy(policy: GatePolicy): void {
  checkP0(policy.p0);
  checkPBad(policy.pBad);
  for (const risk of [policy.alpha, policy.beta]) {
    if (!(risk > 0 && risk < 1))
      throw new RolloutError('OUT_OF_RANGE', 'alpha and beta are probabilities above 0 and below 1.');
  }
}
