import { releaseKey } from '@klpkit/release';
import type { ErrorPing } from '@klpkit/pings';
import type { StepEvent } from './step-event.ts';
import type { Outcome } from './journal.ts';
import type { Attempt, AgentState, Failure } from './state.ts';
import { closing } from './report-effect.ts';
import type { Step } from './step-types.ts';

type Failed = Extract<StepEvent, { kind: 'failed' }>;

/** An effect did not succeed. What it means depends on how far the attempt was: before the insertion the machine is as it was. */
export function stepFailed(state: AgentState, event: Failed): Step {
  const { phase, failure } = event;
  if (!('attempt' in state)) return { state: { kind: 'refused', phase, failure }, effects: [] };
  const release = releaseKey(state.attempt.release);
  // The start could not even note that the agent is back. The record stays as it is, for the next start to take up.
  if (phase === 'check') return { state: { kind: 'refused', phase, failure, release }, effects: [] };
  if (state.kind === 'downloading' || state.kind === 'verifying') {
    return {
      state: { kind: 'refused', phase, failure, release },
      effects: [ended(state.attempt, { kind: 'harmless' }, event)],
    };
  }
  if (state.kind === 'inserting') return insertionFailed(state.attempt, event, release);
  // Applied or on its way: that the machine cannot be watched says nothing good. The patch is not inserted again without a person.
  return {
    state: { kind: 'applied-with-bug', release, failure, incidents: [] },
    effects: [ended(state.attempt, { kind: 'bug', at: event.now }, event)],
  };
}

function insertionFailed(attempt: Attempt, event: Failed, release: string): Step {
  const { failure, phase, now } = event;
  if (event.inserter !== undefined) {
    const kind = event.inserter === 'died' ? 'inserter-died' : 'inserter-hung';
    return { state: { kind, release, failure }, effects: [ended(attempt, { kind, at: now }, event)] };
  }
  const state: AgentState =
    phase === 'insert' ? { kind: 'insert-failed', release, failure } : { kind: 'refused', phase, failure, release };
  return { state, effects: [ended(attempt, { kind: 'harmless' }, event)] };
}

/** The outcome and the error ping as one change; the effect does without the outcome where no record is open yet. */
function ended(attempt: Attempt, outcome: Outcome, { phase, failure }: Failed) {
  return closing(attempt, outcome, errorDraft(releaseKey(attempt.release), phase, failure));
}

function errorDraft(
  release: string,
  phase: Failed['phase'],
  failure: Failure,
): Omit<ErrorPing, 'id' | 'attemptId' | 'kernel' | 'arch' | 'cpuFamily' | 'tier' | 'sentAt' | 'late'> {
  return {
    kind: 'error',
    release,
    phase: phase === 'check' ? 'preflight' : phase,
    code: failure.code,
    ...(failure.errno === undefined ? {} : { errno: failure.errno }),
    ...(failure.kernelLine === undefined ? {} : { kernelLine: failure.kernelLine }),
  };
}
