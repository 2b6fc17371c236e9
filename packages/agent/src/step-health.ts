import { releaseKey } from '@klpkit/release';
import type { StepEvent } from './step-event.ts';
import type { AgentState } from './state.ts';
import { closing, report } from './report-effect.ts';
import type { Step } from './step-types.ts';

/** Which health check a state waits for. */
function due(state: AgentState): 0 | 1 | 2 | 3 | undefined {
  if (state.kind === 'applied') return 0;
  return state.kind === 'soaking' ? state.next : undefined;
}

/** A good health check: the next one, or the end of the soak. */
export function foundHealthy(state: AgentState, now: number): Step | undefined {
  const index = due(state);
  if (index === undefined || (state.kind !== 'applied' && state.kind !== 'soaking')) return undefined;
  const { attempt, module, appliedAt } = state;
  const release = releaseKey(attempt.release);
  const waited = state.kind === 'applied' ? { waitedMs: Math.round(state.waitedMs) } : {};
  const sinceAppliedMs = Math.max(0, now - appliedAt);
  const draft = { kind: 'health', release, index, sinceAppliedMs, ...waited, healthy: true } as const;
  if (index === 3) {
    const close = closing(attempt, { kind: 'healthy', at: now }, draft);
    return { state: { kind: 'healthy', release, module, since: now }, effects: [close] };
  }
  const next = index === 0 ? 1 : index === 1 ? 2 : 3;
  return {
    state: { kind: 'soaking', attempt, module, appliedAt, next },
    effects: [
      report(attempt, draft),
      { kind: 'advance-record', change: { nextHealth: next } },
      { kind: 'examine', index: next, appliedAt, module },
    ],
  };
}

/** A bad health check. The patch is left where it is: taking it out of a machine in trouble is a risk of its own. */
export function foundIll(state: AgentState, event: Extract<StepEvent, { kind: 'found-ill' }>): Step | undefined {
  if (state.kind !== 'applied' && state.kind !== 'soaking') return undefined;
  const { attempt } = state;
  const release = releaseKey(attempt.release);
  const { failure, incidents } = event;
  return {
    state: { kind: 'applied-with-bug', release, failure, incidents },
    effects: [
      closing(
        attempt,
        { kind: 'bug', at: event.now },
        { kind: 'error', release, phase: 'health', code: failure.code, incidents },
      ),
    ],
  };
}
