import { type Decision, decideOffer, decideReapply, modulesToDisable } from './decide.ts';
import type { Effect } from './effect.ts';
import type { StepEvent, Facts } from './step-event.ts';
import type { CheckPing } from '@klpkit/pings';
import type { AgentState } from './state.ts';
import { started, switchedOff } from './step-start.ts';
import type { Step, StepContext } from './step-types.ts';

/** From rest to the start of an attempt, or to the answer that there is none. */
export function stepCheck(state: AgentState, event: StepEvent, context: StepContext): Step | undefined {
  switch (event.kind) {
    case 'check-due': {
      if (event.killSwitch?.mode === 'off') return switchedOff(event.killSwitch);
      return { state: { kind: 'checking' }, effects: [{ kind: 'ask' }] };
    }
    case 'started':
      return started(event.facts);
    case 'control-examined':
      return state.kind === 'held' ? { state, effects: [controlAfter(event)] } : undefined;
    case 'list-known':
      return putBack(event.facts, context);
    case 'answered': {
      if (state.kind !== 'checking') return undefined;
      const [forbidden] = modulesToDisable(event.facts, context);
      if (forbidden !== undefined) return disable(event.facts, forbidden);
      return decided(decideOffer(event.offer, event.facts, context), event.facts, context);
    }
    default:
      return undefined;
  }
}

function putBack(facts: Facts, context: StepContext): Step {
  const { attempt, blocked } = decideReapply(facts, context);
  const reports = blocked.map(({ release, reason }) =>
    checkReport(facts.attemptId, { kind: 'check', release, outcome: 'blocked', reason }),
  );
  if (attempt !== undefined && facts.memory.stuckBootId !== facts.bootId && facts.killSwitch === undefined) {
    return { state: { kind: 'downloading', attempt }, effects: [...reports, { kind: 'download', attempt }] };
  }
  const [first] = blocked;
  if (first !== undefined) return { state: { kind: 'blocked', ...first, disabled: false }, effects: reports };
  return { state: { kind: 'idle' }, effects: [] };
}

function disable(facts: Facts, { module, release, reason }: { module: string; release: string; reason: string }): Step {
  return {
    state: { kind: 'blocked', release, reason, disabled: true },
    effects: [
      { kind: 'disable', module },
      checkReport(facts.attemptId, { kind: 'check', release, outcome: 'blocked', reason }),
    ],
  };
}

function decided(decision: Decision, facts: Facts, context: StepContext): Step {
  switch (decision.kind) {
    case 'go':
      return {
        state: { kind: 'downloading', attempt: decision.attempt },
        effects: [{ kind: 'download', attempt: decision.attempt }],
      };
    case 'nothing': {
      const { reason, message } = decision;
      return ended(facts, { kind: 'nothing-to-apply', reason, message }, { release: null, outcome: 'nothing', reason });
    }
    case 'kernel-upgrade-required': {
      const { kind, reason, message } = decision;
      return ended(facts, { kind, reason, message }, { release: null, outcome: kind, reason });
    }
    case 'blocked': {
      const { release, reason } = decision;
      return ended(
        facts,
        { kind: 'blocked', release, reason, disabled: false },
        { release, outcome: 'blocked', reason },
      );
    }
    case 'held':
      return heldBack(decision, facts, context);
    case 'unsupported': {
      const { reason, failure } = decision;
      const state = { kind: 'refused', phase: 'check', failure } as const;
      return ended(facts, state, { release: null, outcome: 'unsupported', reason });
    }
    default:
      return decision satisfies never;
  }
}

/** A machine that is only not yet in the bucket can serve as the gate's control: once a release, and only where the policy says so. */
function heldBack(decision: Extract<Decision, { kind: 'held' }>, facts: Facts, context: StepContext): Step {
  const { release, reason } = decision;
  const { state, effects } = ended(facts, decision, { release, outcome: 'held', reason });
  const isControl = context.control && reason === 'not-in-phase' && !facts.memory.controls.includes(release);
  if (!isControl) return { state, effects };
  const { attemptId } = facts;
  return {
    state,
    effects: [
      ...effects,
      { kind: 'open-control', release },
      { kind: 'report', attemptId, draft: { kind: 'control-before', release } },
      { kind: 'examine-control', attemptId, release },
    ],
  };
}

function controlAfter({ release, healthy, attemptId }: Extract<StepEvent, { kind: 'control-examined' }>): Effect {
  return { kind: 'report', attemptId, draft: { kind: 'control-after', release, healthy } };
}

function ended(facts: Facts, state: AgentState, check: Pick<CheckPing, 'release' | 'outcome' | 'reason'>): Step {
  return { state, effects: [checkReport(facts.attemptId, { kind: 'check', ...check })] };
}

function checkReport(attemptId: string, draft: Pick<CheckPing, 'kind' | 'release' | 'outcome' | 'reason'>): Effect {
  return { kind: 'report', attemptId, draft };
}
