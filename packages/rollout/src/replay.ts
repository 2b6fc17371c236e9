import type { GateDecision, GateLevel } from './decide.ts';
import { RolloutError } from './error.ts';
import { createGate } from './gate.ts';
import { gateEventOf, type PingLike } from './gate-event.ts';
import type { GateOptions, GateReport } from './gate-options.ts';

/** A ping as a server kept it. */
export interface RecordedPing {
  /** Epoch ms by the server's clock; never before the ping before it. */
  readonly receivedAt: number;
  readonly ping: PingLike;
}

/** A time at which the gate's word changed. */
export interface ReplayStep {
  readonly at: number;
  readonly decision: GateDecision['decision'];
  readonly level: GateLevel;
  readonly machinesReached: number;
  readonly failed: number;
  readonly open: number;
  readonly lnHalt: number;
  readonly lnAdvance: number;
}

/** What the gate would have made of it. */
export interface ReplayResult {
  /** Machines that had begun when it halted, or at the end. */
  readonly machinesReached: number;
  /** Machines that began after it had halted: what this policy would have spared. */
  readonly machinesSpared: number;
  readonly decision: GateDecision['decision'];
  readonly steps: readonly ReplayStep[];
}

/**
 * Runs recorded pings of one release through a gate: what would this policy have done, when, and at how many machines? The first halt is final.
 *
 * @throws RolloutError `OUT_OF_RANGE` where a time goes back.
 * @example
 * ```ts
 * import { replayPings } from '@klpkit/rollout';
 *
 * const options = { policy: { p0: 0.001, pBad: 0.01, alpha: 0.01, beta: 0.05 }, windowMs: 1_200_000 };
 * const result = replayPings([{ receivedAt: 0, ping: { kind: 'before', attemptId: 'a' } }], options);
 * console.log(result.decision, result.machinesReached); // 'hold' 1
 * ```
 */
export function replayPings(recorded: Iterable<RecordedPing>, options: GateOptions): ReplayResult {
  const gate = createGate(options);
  let last = stepOf(0, gate.report());
  const steps: ReplayStep[] = [last];
  const spared = new Set<string>();
  let latest = 0;
  for (const { receivedAt, ping } of recorded) {
    if (!(receivedAt >= latest)) {
      throw new RolloutError('OUT_OF_RANGE', 'Recorded pings are in the order of their receipt: sort them first.');
    }
    latest = receivedAt;
    if (last.decision === 'halt') {
      if (ping.kind === 'before') spared.add(ping.attemptId);
      continue;
    }
    const event = gateEventOf(ping, { receivedAt });
    if (event === undefined || gate.take(event) === 'noted') continue;
    const step = stepOf(latest, gate.report(), last.decision);
    if (step.decision === last.decision && step.level === last.level) continue;
    last = step;
    steps.push(step);
  }
  return { machinesReached: gate.report().tally.n, machinesSpared: spared.size, decision: last.decision, steps };
}

/** Proof that was there once stays: each machine that begins after it opens a window, which is no reason to doubt it. */
function stepOf(at: number, report: GateReport, before: ReplayStep['decision'] = 'hold'): ReplayStep {
  const { level, tally, lnHalt, lnAdvance } = report;
  const decision = report.decision === 'hold' ? before : report.decision;
  const failed = tally.crashed + tally.silent;
  return { at, decision, level, machinesReached: tally.n, failed, open: tally.open, lnHalt, lnAdvance };
}
