import type { Effect, PingDraft } from './effect.ts';
import type { Outcome } from './journal.ts';
import type { Attempt } from './state.ts';

/** A ping of this attempt. */
export function report(attempt: Attempt, draft: PingDraft): Effect {
  return { kind: 'report', attemptId: attempt.attemptId, draft };
}

/** The attempt's end and its last ping, as one change on disk. */
export function closing(attempt: Attempt, outcome: Outcome, draft: PingDraft): Effect {
  return { kind: 'close-record', outcome, last: { draft, attemptId: attempt.attemptId } };
}
