import {
  decideTallies,
  emptyTally,
  type GateReport,
  isLeaving,
  levelOf,
  lnLeftEvidence,
  lnSampleRatioEvidence,
  lnTwoSampleEvidence,
  otherStratum,
  sampleRatioLimit,
  type Tally,
} from '@klpkit/rollout';
import type { GateSettings } from '../config.ts';
import type { OutcomeCount } from './evidence.ts';
import type { GateStreams } from './streams.ts';

/**
 * What the gate makes of everything that is known of a release: the counts, against the policy's rates or the control machines, and
 * the mix of the two. A wrong mix takes the gate's word to advance away and nothing else: whoever forges pings must not be able to halt by it.
 */
export function judge(
  counts: readonly OutcomeCount[],
  streams: GateStreams,
  settings: Pick<GateSettings, 'policy' | 'baseline'>,
): GateReport {
  const { policy, baseline } = settings;
  const patched = counts.filter(({ control }) => !control);
  const byRates = decideTallies(tallyStrata(patched, policy.strata), policy);
  const lnTwoSample = lnTwoSampleEvidence(streams.twoSample);
  const lnSampleRatio = lnSampleRatioEvidence(streams.sampleRatio);
  const lnHalt = lnHaltOf(baseline, byRates.lnHalt, lnTwoSample);
  const tally = tallyOf(patched);
  const lnLeft = lnLeftEvidence(tally, policy);
  const known = {
    lnHalt,
    lnAdvance: byRates.lnAdvance,
    level: levelOf(lnHalt),
    lnLeft,
    lnTwoSample,
    lnSampleRatio,
    tally,
    control: tallyOf(counts.filter(({ control }) => control)),
  };
  if (lnHalt >= -Math.log(policy.alpha)) return { ...known, decision: 'halt', cause: 'harm' };
  if (isLeaving(lnLeft, policy.alpha)) return { ...known, decision: 'hold', cause: 'left' };
  if (lnSampleRatio >= Math.log(sampleRatioLimit)) return { ...known, decision: 'hold', cause: 'sample-ratio' };
  const isProven = known.lnAdvance >= -Math.log(policy.beta);
  return { ...known, decision: isProven ? 'advance' : 'hold', cause: isProven ? 'proof' : 'not-yet' };
}

/** The mean of two e-processes is one (and so is either alone). */
function lnHaltOf(baseline: GateSettings['baseline'], byRates: number, byControl: number): number {
  if (baseline === 'rates') return byRates;
  if (baseline === 'control') return byControl;
  const highest = Math.max(byRates, byControl);
  return highest + Math.log((Math.exp(byRates - highest) + Math.exp(byControl - highest)) / 2);
}

/** One tally a named processor family; all others together. */
function tallyStrata(
  counts: readonly OutcomeCount[],
  strata: Readonly<Record<string, number>> | undefined,
): ReadonlyMap<string, Tally> {
  const named = new Set(Object.keys(strata ?? {}));
  const groups = Map.groupBy(counts, ({ cpuFamily }) => (named.has(cpuFamily) ? cpuFamily : otherStratum));
  return new Map([...groups].map(([name, group]) => [name, tallyOf(group)]));
}

function tallyOf(counts: readonly OutcomeCount[]): Tally {
  return counts.reduce(
    (sum, { started, good, failed, silent, left }) => ({
      n: sum.n + started,
      crashed: sum.crashed + failed,
      silent: sum.silent + silent,
      left: sum.left + left,
      open: sum.open + started - good - failed - silent - left,
    }),
    emptyTally,
  );
}
