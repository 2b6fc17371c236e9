import { type Release, releaseKey } from '@klpkit/release';
import type { ErrorPing } from '@klpkit/pings';
import type { StepEvent } from './step-event.ts';
import type { Outcome } from './journal.ts';
import type { Attempt, AgentState, Failure } from './state.ts';
import { report } from './report-effect.ts';
import type { Step } from './step-types.ts';

type Failed = Extract<StepEvent, { kind: 'failed' }>;

/** An effect did not succeed. What it means depends on how far the attempt was: before the insertion the machine is as it was. */
export function stepFailed(state: AgentState, event: Failed): Step {
  const { phase, failure } = event;
  if (!('attempt' in state)) return { state: { kind: 'refused', phase, failure }, effects: [] };
  const release = releaseKey(state.attempt.release);
  if (state.kind === 'downloading' || state.kind === 'verifying') {
    return { state: { kind: 'refused', phase, failure, release }, effects: [errorReport(state.attempt, event)] };
  }
  if (state.kind === 'inserting') return insertionFailed(state.attempt, event, release);
  // Applied or on its way: that the machine cannot be watched says nothing good. The patch is not inserted again without a person.
  return {
    state: { kind: 'applied-with-bug', release, failure, incidents: [] },
    effects: [errorReport(state.attempt, event), closed({ kind: 'bug', at: event.now })],
  };
}

function insertionFailed(attempt: Attempt, event: Failed, release: string): Step {
  const { failure, phase, now } = event;
  if (event.inserter !== undefined) {
    const kind = event.inserter === 'died' ? 'inserter-died' : 'inserter-hung';
    return { state: { kind, release, failure }, effects: [closed({ kind, at: now }), errorReport(attempt, event)] };
  }
  const state: AgentState =
    phase === 'insert' ? { kind: 'insert-failed', release, failure } : { kind: 'refused', phase, failure, release };
  return { state, effects: [closed({ kind: 'harmless' }), errorReport(attempt, event)] };
}

function closed(outcome: Outcome) {
  return { kind: 'close-record', outcome } as const;
}

function errorReport(
  attempt: {
    readonly release: Release;
    readonly attemptId: string;
    readonly payload: string;
    readonly reapply: boolean;
  },
  event: Failed,
) {
  return report(attempt, errorDraft(releaseKey(attempt.release), event.phase, event.failure));
}

function errorDraft(
  release: string,
  phase: Failed['phase'],
  failure: Failure,
): Omit<ErrorPing, 'id' | 'attemptId' | 'kernel' | 'arch' | 'tier' | 'sentAt' | 'late'> {
  return {
    kind: 'error',
    release,
    phase: phase === 'check' ? 'preflight' : phase,
    code: failure.code,
    ...(failure.errno === undefined ? {} : { errno: failure.errno }),
    ...(failure.kernelLine === undefined ? {} : { kernelLine: failure.kernelLine }),
  };
}
