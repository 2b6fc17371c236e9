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
  const steps: ReplayStep[] = [stepOf(0, gate.report())];
  let latest = 0;
  const spared = new Set<string>();
  const look = (): void => {
    const report = gate.report();
    const last = steps.at(-1);
    if (last?.decision !== report.decision || last.level !== report.level) steps.push(stepOf(latest, report));
  };
  for (const { receivedAt, ping } of recorded) {
    if (!(receivedAt >= latest))
      throw new RolloutError('OUT_OF_RANGE', 'Recorded pings are in the order of their receipt: sort them first.');
    latest = receivedAt;
    if (steps.at(-1)?.decision === 'halt') {
      if (ping.kind === 'before') spared.add(ping.attemptId);
      continue;
    }
    const event = gateEventOf(ping, { receivedAt });
    if (event !== undefined && gate.take(event) !== 'noted') look();
  }
  return {
    machinesReached: gate.report().tally.n,
    machinesSpared: spared.size,
    decision: gate.report().decision,
    steps,
  };
}

function stepOf(at: number, { decision, level, tally, lnHalt, lnAdvance }: GateReport): ReplayStep {
  const failed = tally.crashed + tally.silent;
  return { at, decision, level, machinesReached: tally.n, failed, open: tally.open, lnHalt, lnAdvance };
}
