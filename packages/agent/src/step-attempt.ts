import { pingLimits } from '@klpkit/pings';
import { releaseKey } from '@klpkit/release';
import { barrierTo } from './decide.ts';
import type { Facts, StepEvent } from './step-event.ts';
import { closing, report } from './report-effect.ts';
import { lateAfter } from './step-start.ts';
import type { Attempt, AgentState } from './state.ts';
import type { Step, StepContext } from './step-types.ts';
import { foundHealthy, foundIll } from './step-health.ts';

/** One attempt from the download to its last health check. */
export function stepAttempt(state: AgentState, event: StepEvent, context: StepContext): Step | undefined {
  switch (event.kind) {
    case 'downloaded':
      if (state.kind !== 'downloading') return undefined;
      return {
        state: { kind: 'verifying', attempt: state.attempt },
        effects: [{ kind: 'verify', attempt: state.attempt }],
      };
    case 'verified':
      return state.kind === 'verifying' ? insert(state.attempt, event.module) : undefined;
    case 'inserted':
      return state.kind === 'inserting' ? inserted(state, event.durationMs) : undefined;
    case 'observed':
      return observedIn(state, event, context);
    case 'not-inserted':
      return state.kind === 'inserting' ? notInserted(state, event.facts, context) : undefined;
    case 'forced':
      return state.kind === 'stalled' ? forced(state) : undefined;
    case 'reversed':
      return state.kind === 'stalled' ? reversed(state) : undefined;
    case 'found-healthy':
      return foundHealthy(state, event.now);
    case 'found-ill':
      return foundIll(state, event);
    default:
      return undefined;
  }
}

/** The record comes before the ping, and both before the insertion: a machine that dies in it leaves a trace here and there. */
function insert(attempt: Attempt, module: string): Step {
  return {
    state: { kind: 'inserting', attempt, module },
    effects: [
      { kind: 'open-record', attempt, module },
      report(attempt, { kind: 'before', release: releaseKey(attempt.release) }),
      { kind: 'deliver' },
      { kind: 'insert', attempt },
    ],
  };
}

function inserted(state: Extract<AgentState, { kind: 'inserting' }>, durationMs: number): Step {
  const { attempt, module } = state;
  return {
    state: { kind: 'transitioning', attempt, module, elapsedMs: 0, blockedTasks: 0 },
    effects: [
      report(attempt, { kind: 'after', release: releaseKey(attempt.release), durationMs }),
      { kind: 'advance-record', change: { phase: 'transitioning' } },
      { kind: 'observe', module },
    ],
  };
}

type Inserting = Extract<AgentState, { kind: 'inserting' }>;
type Transitioning = Extract<AgentState, { kind: 'transitioning' | 'forced' }>;
type Observed = Extract<StepEvent, { kind: 'observed' }>;

/** A look at a transition; after the death of an agent also the answer to what became of the insertion. */
function observedIn(state: AgentState, event: Observed, context: StepContext): Step | undefined {
  if (state.kind === 'transitioning' || state.kind === 'forced') return observed(state, event, context);
  if (state.kind !== 'inserting') return undefined;
  const { attempt, module } = state;
  const next = observed({ kind: 'transitioning', attempt, module, elapsedMs: 0, blockedTasks: 0 }, event, context);
  return { ...next, effects: [...lateAfter(attempt, event.elapsedMs), ...next.effects] };
}

/** How often an attempt is begun again after the agent died in it; more than that is no accident. */
const MAX_TRIES = 3;

/**
 * Nothing is in the kernel, so the same attempt goes on from its start, if it still may; its pings have the same ids and count once. What forbade
 * it meanwhile says nothing about the patch, so no error is reported.
 */
function notInserted(state: Inserting, facts: Facts, context: StepContext): Step {
  const { release: document, reapply } = state.attempt;
  const release = releaseKey(document);
  const harmless = [{ kind: 'close-record', outcome: { kind: 'harmless' } }] as const;
  if (facts.killSwitch !== undefined) {
    return { state: { kind: 'held', release, reason: 'kill-switch' }, effects: harmless };
  }
  const reason = barrierTo(document, facts, context, reapply ? 're-apply' : 'first-apply');
  if (reason !== undefined) return { state: { kind: 'blocked', release, reason, disabled: false }, effects: harmless };
  const tries = (state.attempt.tries ?? 1) + 1;
  if (tries > MAX_TRIES) return gone(state);
  const attempt = { ...state.attempt, tries };
  return { state: { kind: 'downloading', attempt }, effects: [{ kind: 'download', attempt }] };
}

/** Told at once, as the machine is no longer in a state that anybody has tested; then watched like every other patch. */
function forced({ attempt, module, stalledTasks, elapsedMs }: Extract<AgentState, { kind: 'stalled' }>): Step {
  const release = releaseKey(attempt.release);
  return {
    state: { kind: 'forced', attempt, module, stalledTasks, elapsedMs, blockedTasks: 0 },
    effects: [
      report(attempt, { kind: 'error', release, phase: 'transition', code: 'FORCED', stalledTasks }),
      { kind: 'observe', module },
    ],
  };
}

function observed(
  state: Transitioning,
  event: Extract<StepEvent, { kind: 'observed' }>,
  { schedule, force }: StepContext,
): Step {
  const { attempt, module } = state;
  const { transition, elapsedMs } = event;
  if (transition.kind === 'patched') return applied(state, elapsedMs, event.now);
  if (transition.kind === 'absent' || transition.kind === 'unpatched') return gone(state);
  const stalled = transition.blockedTasks.map((task) => task.comm);
  if (state.kind === 'forced') return { state: { ...state, elapsedMs }, effects: [{ kind: 'observe', module }] };
  if (transition.kind === 'patching' && elapsedMs >= schedule.transitionDeadlineMs) {
    const stalledTasks = [...new Set(stalled)].slice(0, pingLimits.stalledTasks);
    const phase = force ? 'forcing' : 'reversing';
    return {
      state: { kind: 'stalled', attempt, module, stalledTasks, elapsedMs },
      effects: [
        { kind: 'advance-record', change: { phase, stalledTasks } },
        { kind: force ? 'force' : 'reverse', module },
      ],
    };
  }
  const pingDue =
    Math.floor(elapsedMs / schedule.transitionPingMs) > Math.floor(state.elapsedMs / schedule.transitionPingMs);
  const release = releaseKey(attempt.release);
  const ping = report(attempt, { kind: 'transition', release, elapsedMs, blockedTasks: transition.blockedCount });
  return {
    state: { kind: 'transitioning', attempt, module, elapsedMs, blockedTasks: transition.blockedCount },
    effects: [...(pingDue ? [ping] : []), { kind: 'observe', module }],
  };
}

function applied({ attempt, module }: Transitioning, waitedMs: number, appliedAt: number): Step {
  return {
    state: { kind: 'applied', attempt, module, appliedAt, waitedMs },
    effects: [
      { kind: 'advance-record', change: { phase: 'soaking', appliedAt, waitedMs, nextHealth: 0 } },
      { kind: 'examine', index: 0, appliedAt, module },
    ],
  };
}

/** Somebody else took the patch away, or the agent died before the insertion: not this machine's verdict on the patch. */
function gone({ attempt, module }: Pick<Transitioning, 'attempt' | 'module'>): Step {
  const release = releaseKey(attempt.release);
  const failure = {
    code: 'PATCH_GONE',
    message: `[PATCH_GONE] The module ${module} is not in the kernel any more. Find out who removed it; the next check decides anew.`,
  };
  return {
    state: { kind: 'insert-failed', release, failure },
    effects: [
      closing(attempt, { kind: 'harmless' }, { kind: 'error', release, phase: 'transition', code: failure.code }),
    ],
  };
}

function reversed({ attempt, stalledTasks }: Extract<AgentState, { kind: 'stalled' }>): Step {
  const release = releaseKey(attempt.release);
  return {
    state: { kind: 'reversed', release, stalledTasks },
    effects: [
      closing(
        attempt,
        { kind: 'harmless' },
        { kind: 'error', release, phase: 'transition', code: 'STALLED', stalledTasks },
      ),
    ],
  };
}
