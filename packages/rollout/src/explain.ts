import { decide, type Evidence, gateLevels, type GateDecision, type GatePolicy } from './decide.ts';
import type { DeparturePolicy } from './departures.ts';
import type { GateReport } from './gate-options.ts';
import { lnAdvanceEvidence, lnHaltEvidence } from './e-process.ts';

/** What {@link explain} may be told besides the counts. */
export interface ExplainOptions {
  /** The gate's own report, where one decided: kinds, strata, control and sample ratio are in it and not in the counts. */
  readonly report?: GateReport;
}

/**
 * Says in a sentence or two what the gate decides on counts, why, and what would change it.
 *
 * @throws RolloutError `OUT_OF_RANGE`, as `decide`.
 * @example
 * ```ts
 * import { explain } from '@klpkit/rollout';
 *
 * const policy = { p0: 0.01, pBad: 0.03, alpha: 0.01, beta: 0.05 };
 * console.log(explain({ n: 150, failed: 0, open: 20 }, policy));
 * // Hold: 0 of 150 machines failed and 20 have not answered yet. If all of them turn out well it advances.
 * ```
 */
export function explain(
  evidence: Evidence,
  policy: GatePolicy & DeparturePolicy,
  options: ExplainOptions = {},
): string {
  const { report } = options;
  const decision = report ?? decide(evidence, policy);
  const counts = countsOf(evidence);
  if (report?.cause === 'left') {
    return `Hold: ${counts}, but ${report.tally.left} of them went down in good order before they were proven, where ${percent(policy.p0Left ?? 0)} is normal (${oddsOf(report.lnLeft)} to 1): look whether the patch makes machines reboot.`;
  }
  if (report?.cause === 'sample-ratio') {
    return `Hold: ${counts}, but pings do not come from the machines they should come from (${oddsOf(report.lnSampleRatio)} to 1): look for forged pings or broken buckets.`;
  }
  switch (decision.decision) {
    case 'halt':
      return `Halt: ${counts}, where ${percent(policy.p0)} is normal. ${odds(decision)}, and it halts at ${round(1 / policy.alpha)} to 1.`;
    case 'advance':
      return `Advance: ${counts}. A failure rate of ${percent(policy.pBad)} or more is excluded, with a risk of ${percent(policy.beta)} at most.${warningOf(decision)}`;
    default:
      return `Hold: ${counts}. ${whatIsMissing(evidence, policy)}${warningOf(decision)}`;
  }
}

function whatIsMissing(evidence: Evidence, policy: GatePolicy): string {
  const { n, failed, open } = evidence;
  const limit = -Math.log(policy.beta);
  if (open > 0 && lnAdvanceEvidence(n, failed, policy.pBad) >= limit)
    return 'If all of them turn out well it advances.';
  const missing = goodMachinesMissing(evidence, policy);
  const more = missing === undefined ? 'No number of good machines would' : `About ${missing} more good machines would`;
  const failures = failuresToHalt(evidence, policy);
  const halting = failures === 1 ? '1 more failure halts it' : `${failures} more failures halt it`;
  return `${more} exclude a failure rate of ${percent(policy.pBad)}; ${halting}.`;
}

/** Least number of further good machines after which it would advance, with all open windows turning out well. */
function goodMachinesMissing({ n, failed }: Evidence, policy: GatePolicy): number | undefined {
  const isEnough = (more: number): boolean =>
    lnAdvanceEvidence(n + more, failed, policy.pBad) >= -Math.log(policy.beta);
  return leastWhere(isEnough, 2 ** 40);
}

/** Least number of further machines, failing all, after which it would halt. */
function failuresToHalt({ n, failed }: Evidence, policy: GatePolicy): number | undefined {
  const isHalt = (more: number): boolean =>
    lnHaltEvidence(n + more, failed + more, policy.p0) >= -Math.log(policy.alpha);
  return leastWhere(isHalt, 2 ** 40);
}

/** Least whole number from 1 on for which a rising condition holds, by doubling and halving. */
function leastWhere(holds: (value: number) => boolean, limit: number): number | undefined {
  let high = 1;
  while (!holds(high)) {
    high *= 2;
    if (high > limit) return undefined;
  }
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function countsOf({ n, failed, open }: Evidence): string {
  const failures = `${failed} of ${n} machines failed`;
  return open === 0 ? failures : `${failures} and ${open} ${open === 1 ? 'has' : 'have'} not answered yet`;
}

function warningOf(decision: GateDecision): string {
  if (decision.level === 'none') return '';
  return ` But ${odds(decision).toLowerCase()}: from ${gateLevels.hold} to 1 on nothing goes on by itself.`;
}

function odds({ lnHalt }: GateDecision): string {
  return `The evidence of harm stands at ${oddsOf(lnHalt)} to 1`;
}

function oddsOf(lnE: number): string {
  const e = Math.exp(Math.min(lnE, 700));
  return e > 1e6 ? 'over a million' : round(e);
}

function percent(rate: number): string {
  return `${round(rate * 100)} %`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
