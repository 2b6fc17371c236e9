import type { Effect } from './effect.ts';
import type { Attempt } from './state.ts';

/** A ping of this attempt. */
export function report(attempt: Attempt, draft: Extract<Effect, { kind: 'report' }>['draft']): Effect {
  return { kind: 'report', attemptId: attempt.attemptId, draft };
}
