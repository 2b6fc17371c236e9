import type { StepEvent } from './step-event.ts';
import type { AgentState } from './state.ts';
import { stepAttempt } from './step-attempt.ts';
import { stepCheck } from './step-check.ts';
import { stepFailed } from './step-failed.ts';
import type { Step, StepContext } from './step-types.ts';

/**
 * The agent's one transition function: pure, and total over what the runner can bring about. An event that does not belong to the state is a
 * mistake of the runner and throws, as going on would mean to guess what is in the kernel.
 *
 * @throws TypeError
 *
 * @example
 * ```ts
 * import { type AgentState, step, type StepContext } from '@klpkit/agent';
 *
 * export function afterDownload(state: AgentState, context: StepContext): AgentState {
 *   return step(state, { kind: 'downloaded' }, context).state;
 * }
 * ```
 */
export function step(state: AgentState, event: StepEvent, context: StepContext): Step {
  if (event.kind === 'failed') return stepFailed(state, event);
  const next = stepCheck(state, event, context) ?? stepAttempt(state, event, context);
  if (next === undefined) throw new TypeError(`event ${event.kind} has no meaning in state ${state.kind}`);
  return next;
}
