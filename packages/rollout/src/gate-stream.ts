import { otherStratum, strataOf } from './decide-tallies.ts';
import { RolloutError } from './error.ts';
import type { GateAnswer, GateBefore, GateEvent, GateOutcome } from './gate-event.ts';
import type { GateOptions } from './gate-options.ts';
import { reduceSampleRatio, type SampleRatio, startSampleRatio } from './sample-ratio.ts';
import { emptyTally, reduceTally, type Tally, type TallyEvent } from './tally.ts';
import { type Arm, reduceTwoSample, startTwoSample, type TwoSample } from './two-sample.ts';
import { createStoppableClock, type StoppableClock } from './stoppable-clock.ts';
import { createWindows, type Windows } from './windows.ts';

interface Attempt {
  readonly arm: Arm;
  readonly stratum: string;
  isClosed: boolean;
  isAlive: boolean;
}

/** The gate's state: what is folded is pure and replaced, what is remembered of open windows changes in place. */
export interface Stream {
  readonly silentUnlessAlive: boolean;
  readonly settleMs: number;
  readonly strata: ReadonlySet<string>;
  /** Stands still while pings could not be received. */
  readonly clock: StoppableClock;
  readonly windows: Windows<Attempt>;
  /** Patched machines, by stratum. */
  readonly tallies: Map<string, Tally>;
  /** Machines of each arm that began within the last window. */
  readonly atRisk: Record<Arm, number>;
  control: Tally;
  twoSample: TwoSample;
  sampleRatio: SampleRatio;
  expectedShare: number;
}

const defaultSettleMs = 600_000;

/** The state before the first event. */
export function createStream(options: GateOptions): Stream {
  const { windowMs } = options;
  if (!(Number.isSafeInteger(windowMs) && windowMs > 0)) {
    throw new RolloutError('OUT_OF_RANGE', 'A window lasts a whole number of milliseconds above 0.');
  }
  const clock = createStoppableClock();
  return {
    silentUnlessAlive: options.answer === 'alive',
    settleMs: options.settleMs ?? defaultSettleMs,
    strata: new Set(strataOf(options.policy).map(([name]) => name)),
    clock,
    windows: createWindows(windowMs, clock),
    tallies: new Map(),
    atRisk: { patched: 0, control: 0 },
    control: emptyTally,
    twoSample: startTwoSample,
    sampleRatio: startSampleRatio,
    expectedShare: options.expectedShare ?? 1,
  };
}

/** Takes one event. Windows that have run out by then are closed first. */
export function takeEvent(stream: Stream, event: GateEvent): GateOutcome {
  expire(stream, event.at);
  switch (event.kind) {
    case 'before':
      return begin(stream, event);
    case 'down':
      stream.clock.stop(event.at);
      return 'noted';
    case 'up':
      stream.clock.start(event.at + stream.settleMs);
      return 'noted';
    case 'expect':
      stream.expectedShare = event.share;
      return 'noted';
    case 'tick':
      return 'noted';
    default:
      return answer(stream, event);
  }
}

function expire(stream: Stream, at: number): void {
  stream.windows.expire(at, (attempt) => {
    if (!attempt.isClosed) close(stream, attempt, attempt.isAlive && stream.silentUnlessAlive ? 'good' : 'silent');
    stream.atRisk[attempt.arm]--;
  });
}

function begin(stream: Stream, event: GateBefore): GateOutcome {
  const stratum = event.stratum !== undefined && stream.strata.has(event.stratum) ? event.stratum : otherStratum;
  const attempt: Attempt = { arm: event.arm ?? 'patched', stratum, isClosed: false, isAlive: false };
  if (!stream.windows.open(event.attemptId, attempt, event.at)) return 'repeated';
  stream.atRisk[attempt.arm]++;
  stream.sampleRatio = reduceSampleRatio(stream.sampleRatio, attempt.arm, stream.expectedShare);
  count(stream, attempt, 'begun');
  return 'begun';
}

function answer(stream: Stream, event: GateAnswer): GateOutcome {
  const attempt = stream.windows.get(event.attemptId);
  if (attempt === undefined) return 'unknown';
  if (attempt.isClosed) return 'repeated';
  if (event.kind === 'failed') return close(stream, attempt, 'crashed');
  if (event.kind === 'left') return close(stream, attempt, 'left');
  attempt.isAlive = true;
  return event.kind === 'good' ? close(stream, attempt, 'good') : 'noted';
}

function close(stream: Stream, attempt: Attempt, outcome: TallyEvent): GateOutcome {
  attempt.isClosed = true;
  count(stream, attempt, outcome);
  return 'closed';
}

function count(stream: Stream, { arm, stratum }: Attempt, event: TallyEvent): void {
  if (arm === 'control') stream.control = reduceTally(stream.control, event);
  else stream.tallies.set(stratum, reduceTally(stream.tallies.get(stratum) ?? emptyTally, event));
  if (event !== 'crashed' && event !== 'silent') return;
  stream.twoSample = reduceTwoSample(stream.twoSample, { arm, ...stream.atRisk });
}
