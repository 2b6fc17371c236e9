import { decisionOf, type GateDecision } from './decide.ts';
import { decideTallies } from './decide-tallies.ts';
import { isLeaving, lnLeftEvidence } from './departures.ts';
import { RolloutError } from './error.ts';
import type { Gate, GateOptions, GateReport, OpenCap } from './gate-options.ts';
import { createStream, type Stream, takeEvent } from './gate-stream.ts';
import { lnWeightedSum } from './log-sum.ts';
import { lnSampleRatioEvidence, sampleRatioLimit } from './sample-ratio.ts';
import { emptyTally, type Tally } from './tally.ts';
import { lnTwoSampleEvidence } from './two-sample.ts';

/**
 * Caps that keep what is not yet known about small: 50 machines until 200 have closed, 200 until 1,000, 1,000 until 5,000, then none.
 *
 * @example
 * ```ts
 * import { defaultOpenCaps } from '@klpkit/rollout';
 *
 * const atFirst = defaultOpenCaps[0]?.maxOpen; // 50
 * ```
 */
export const defaultOpenCaps: readonly OpenCap[] = [
  { fromClosed: 0, maxOpen: 50 },
  { fromClosed: 200, maxOpen: 200 },
  { fromClosed: 1000, maxOpen: 1000 },
  { fromClosed: 5000, maxOpen: Number.MAX_SAFE_INTEGER },
];

/**
 * Makes the gate of one release: takes its pings as they come in and decides at any time. One stream for all phases and tiers; it is not begun
 * anew with a phase. Its memory is what began within the last window, its time a ping constant.
 *
 * @throws RolloutError `OUT_OF_RANGE`
 * @example
 * ```ts
 * import { createGate } from '@klpkit/rollout';
 *
 * const gate = createGate({ policy: { p0: 0.001, pBad: 0.01, alpha: 0.01, beta: 0.05 }, windowMs: 1_200_000 });
 * for (const [index, attemptId] of ['a', 'b', 'c'].entries()) {
 *   gate.take({ kind: 'before', attemptId, at: index * 1000 });
 *   gate.take({ kind: 'failed', attemptId, at: index * 1000 + 500 });
 * }
 * const { decision } = gate.report(); // 'halt'
 * ```
 */
export function createGate(options: GateOptions): Gate {
  const stream = createStream(options);
  const caps = checkedCaps(options.caps ?? defaultOpenCaps);
  return {
    take: (event) => takeEvent(stream, event),
    report: () => reportOf(stream, options),
    admits: () => {
      const { n, open } = patchedOf(stream);
      const cap = caps.findLast(({ fromClosed }) => n - open >= fromClosed);
      return cap === undefined || open < cap.maxOpen;
    },
  };
}

function reportOf(stream: Stream, options: GateOptions): GateReport {
  const byRates = decideTallies(stream.tallies, options.policy);
  const lnTwoSample = lnTwoSampleEvidence(stream.twoSample);
  const decided = decisionOf(lnHaltOf(options, byRates.lnHalt, lnTwoSample), byRates.lnAdvance, options.policy);
  const lnSampleRatio = lnSampleRatioEvidence(stream.sampleRatio);
  const isMixed = lnSampleRatio < Math.log(sampleRatioLimit);
  const tally = patchedOf(stream);
  const lnLeft = lnLeftEvidence(tally, options.policy);
  const known = { tally, control: stream.control, lnLeft, lnSampleRatio, lnTwoSample };
  if (decided.decision === 'halt') return { ...decided, ...known, cause: 'harm' };
  if (isLeaving(lnLeft, options.policy.alpha)) return { ...decided, ...known, decision: 'hold', cause: 'left' };
  if (!isMixed) return { ...decided, ...known, decision: 'hold', cause: 'sample-ratio' };
  return { ...decided, ...known, cause: decided.decision === 'advance' ? 'proof' : 'not-yet' };
}

function lnHaltOf({ baseline }: GateOptions, byRates: number, byControl: number): GateDecision['lnHalt'] {
  if (baseline === 'control') return byControl;
  return baseline === 'both' ? lnWeightedSum([0.5, 0.5], [byRates, byControl]) : byRates;
}

function patchedOf(stream: Stream): Tally {
  let sum = emptyTally;
  for (const tally of stream.tallies.values()) {
    sum = {
      n: sum.n + tally.n,
      crashed: sum.crashed + tally.crashed,
      silent: sum.silent + tally.silent,
      left: sum.left + tally.left,
      open: sum.open + tally.open,
    };
  }
  return sum;
}

function checkedCaps(caps: readonly OpenCap[]): readonly OpenCap[] {
  const rising = caps.every(({ fromClosed, maxOpen }, index) => {
    const before = caps[index - 1]?.fromClosed ?? -1;
    return Number.isSafeInteger(fromClosed) && fromClosed > before && Number.isSafeInteger(maxOpen) && maxOpen > 0;
  });
  if (rising) return caps;
  throw new RolloutError('OUT_OF_RANGE', 'Caps are in the order of fromClosed, each with a maxOpen above 0.');
}
