import { type Decision, decideOffer, decideReapply, modulesToDisable } from './decide.ts';
import type { Effect } from './effect.ts';
import type { StepEvent, Facts } from './step-event.ts';
import type { OpenRecord } from './memory.ts';
import type { CheckPing } from '@klpkit/pings';
import { releaseKey } from '@klpkit/release';
import type { Attempt, AgentState } from './state.ts';
import type { Step, StepContext } from './step-types.ts';

/** From rest to the start of an attempt, or to the answer that there is none. */
export function stepCheck(state: AgentState, event: StepEvent, context: StepContext): Step | undefined {
  switch (event.kind) {
    case 'check-due':
      return { state: { kind: 'checking' }, effects: [{ kind: 'ask' }] };
    case 'started':
      return started(event.facts);
    case 'list-known':
      return putBack(event.facts, context);
    case 'answered': {
      if (state.kind !== 'checking') return undefined;
      const [forbidden] = modulesToDisable(event.facts, context);
      if (forbidden !== undefined) return disable(event.facts, forbidden);
      return decided(decideOffer(event.offer, event.facts, context), event.facts);
    }
    default:
      return undefined;
  }
}

/**
 * After the process began. An open record of another boot: the machine went down with an unproven patch. Of the same boot: only the agent died,
 * so it goes on watching and inserts nothing again. No open record: a proven patch may be put back.
 */
function started(facts: Facts): Step {
  const { open } = facts.memory;
  if (open === null) return { state: { kind: 'idle' }, effects: [{ kind: 'ask-blocklist' }] };
  if (open.bootId !== facts.bootId) return crashed(open, facts);
  const attempt = attemptOf(open);
  if (open.phase === 'soaking' && open.appliedAt !== null) {
    const { module, appliedAt, waitedMs, nextHealth } = open;
    const examine = { kind: 'examine', index: nextHealth, appliedAt, module } as const;
    if (nextHealth === 0)
      return { state: { kind: 'applied', attempt, module, appliedAt, waitedMs }, effects: [examine] };
    return { state: { kind: 'soaking', attempt, module, appliedAt, next: nextHealth }, effects: [examine] };
  }
  const state = { kind: 'transitioning', attempt, module: open.module, elapsedMs: 0, blockedTasks: 0 } as const;
  return { state, effects: [{ kind: 'observe', module: open.module }] };
}

function crashed(open: OpenRecord, facts: Facts): Step {
  const release = releaseKey(open.release);
  const message =
    `The machine went down while ${release} was unproven (${open.phase}). It is not inserted again. ` +
    'Look at the kernel log of the last boot; when the patch is cleared of it, run the agent with --clear.';
  const draft = { kind: 'error', release, phase: 'reboot', code: 'CRASHED' } as const;
  return {
    state: { kind: 'crashed', release, message },
    effects: [
      { kind: 'report', draft, attemptId: open.attemptId, late: true },
      { kind: 'close-record', outcome: { kind: 'crashed', at: facts.now } },
      { kind: 'look' },
    ],
  };
}

function putBack(facts: Facts, context: StepContext): Step {
  const { attempt, blocked } = decideReapply(facts, context);
  const reports = blocked.map(({ release, reason }) =>
    checkReport(facts.attemptId, { kind: 'check', release, outcome: 'blocked', reason }),
  );
  if (attempt !== undefined && facts.memory.stuckBootId !== facts.bootId) {
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

function decided(decision: Decision, facts: Facts): Step {
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
      return ended(facts, decision, { release: decision.release, outcome: 'held', reason: decision.reason });
    default:
      return decision satisfies never;
  }
}

function ended(facts: Facts, state: AgentState, check: Pick<CheckPing, 'release' | 'outcome' | 'reason'>): Step {
  return { state, effects: [checkReport(facts.attemptId, { kind: 'check', ...check })] };
}

function checkReport(attemptId: string, draft: Pick<CheckPing, 'kind' | 'release' | 'outcome' | 'reason'>): Effect {
  return { kind: 'report', attemptId, draft };
}

function attemptOf({ release, payload, attemptId, reapply }: OpenRecord): Attempt {
  return { release, payload, attemptId, reapply };
}
