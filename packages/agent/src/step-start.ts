import { releaseKey } from '@klpkit/release';
import type { Effect, PingDraft } from './effect.ts';
import type { KillSwitch } from './kill-switch.ts';
import type { Memory, OpenRecord } from './memory.ts';
import { report } from './report-effect.ts';
import type { Attempt } from './state.ts';
import type { Facts } from './step-event.ts';
import type { Step } from './step-types.ts';

/** So many crashes in a row of boots without any patch of ours, and the next crash is not blamed on a patch either. */
export const BARE_CRASHES = 2;

/**
 * After the process began. An open record of another boot: the machine went down with an unproven patch. Of the same boot: only the agent died,
 * so it goes on watching. No open record: a proven patch may be put back.
 */
export function started(facts: Facts): Step {
  if (facts.killSwitch?.mode === 'off') return switchedOff(facts.killSwitch);
  const { open } = facts.memory;
  const note = noteBoot(facts);
  const next = open === null ? rested() : open.bootId === facts.bootId ? resumed(open, facts) : wentDown(open, facts);
  return { ...next, effects: [...note, ...next.effects] };
}

/** Nothing is asked and nothing is done until the switch is gone. */
export function switchedOff({ by }: KillSwitch): Step {
  return { state: { kind: 'switched-off', by }, effects: [] };
}

function rested(): Step {
  return { state: { kind: 'idle' }, effects: [{ kind: 'ask-blocklist' }] };
}

/** A note is due at a new boot, and where an earlier run of this boot said that it stopped. */
function noteBoot({ memory, bootId }: Facts): Effect[] {
  const isKnown = memory.boot?.bootId === bootId && !memory.boot.stopped && memory.open?.stopped !== true;
  return isKnown ? [] : [{ kind: 'note-boot', bareCrashes: bareCrashesBy(memory, bootId) }];
}

function bareCrashesBy({ boot, bareCrashes }: Memory, bootId: string): number {
  if (boot === null || boot.stopped) return 0;
  if (boot.bootId === bootId || boot.patched) return bareCrashes;
  return bareCrashes + 1;
}

function resumed(open: OpenRecord, facts: Facts): Step {
  const attempt = attemptOf(open);
  const { module } = open;
  if (open.phase === 'soaking' && open.appliedAt !== null) {
    const { appliedAt, waitedMs, nextHealth } = open;
    const examine = { kind: 'examine', index: nextHealth, appliedAt, module } as const;
    if (nextHealth === 0) {
      return { state: { kind: 'applied', attempt, module, appliedAt, waitedMs }, effects: [examine] };
    }
    return { state: { kind: 'soaking', attempt, module, appliedAt, next: nextHealth }, effects: [examine] };
  }
  if (open.phase === 'reversing' || open.phase === 'forcing') {
    const { stalledTasks, phase } = open;
    return {
      state: { kind: 'stalled', attempt, module, stalledTasks, elapsedMs: 0 },
      effects: [{ kind: phase === 'forcing' ? 'force' : 'reverse', module }],
    };
  }
  const state = { kind: 'transitioning', attempt, module, elapsedMs: 0, blockedTasks: 0 } as const;
  if (open.phase === 'transitioning') return { state, effects: [{ kind: 'observe', module }] };
  if (!facts.loaded.includes(module)) {
    return { state: { kind: 'inserting', attempt, module }, effects: [{ kind: 'await-insertion', module }] };
  }
  return { state, effects: [...lateAfter(attempt, facts.now - open.openedAt), { kind: 'observe', module }] };
}

/** The insertion went well while nobody watched: how long it took at most is what can still be said. */
export function lateAfter(attempt: Attempt, atMostMs: number): Effect[] {
  const durationMs = Math.max(0, Math.round(atMostMs));
  return [
    { ...report(attempt, { kind: 'after', release: releaseKey(attempt.release), durationMs }), late: true } as Effect,
    { kind: 'advance-record', change: { phase: 'transitioning' } },
  ];
}

function wentDown(open: OpenRecord, facts: Facts): Step {
  const release = releaseKey(open.release);
  if (open.stopped) {
    const message = `The machine was shut down in order while ${release} was unproven (${open.phase}). The next check decides anew.`;
    return {
      state: { kind: 'interrupted', release, message },
      effects: [{ kind: 'close-record', outcome: { kind: 'harmless' }, last: lateLeft(open) }, { kind: 'look' }],
    };
  }
  const blamed = facts.memory.bareCrashes < BARE_CRASHES;
  const outcome = blamed ? ({ kind: 'crashed', at: facts.now } as const) : ({ kind: 'harmless' } as const);
  return {
    state: { kind: 'crashed', release, message: crashMessage(open, blamed), blamed },
    // The power may have gone between the record and the before-ping. Said twice it is the same ping, and counts once.
    effects: [lateBefore(open), { kind: 'close-crash', open, outcome }, { kind: 'look' }],
  };
}

/** Said again where the shutdown said it: it is the same ping, and counts once. */
function lateLeft({ release, attemptId }: OpenRecord): { draft: PingDraft; attemptId: string; late: true } {
  return { draft: { kind: 'left', release: releaseKey(release) }, attemptId, late: true };
}

function lateBefore({ release, attemptId }: OpenRecord): Effect {
  return { kind: 'report', attemptId, draft: { kind: 'before', release: releaseKey(release) }, late: true };
}

function crashMessage(open: OpenRecord, blamed: boolean): string {
  const down = `The machine went down while ${releaseKey(open.release)} was unproven (${open.phase}).`;
  return blamed
    ? `${down} It is not inserted again. Look at the kernel log of the last boot; when the patch is cleared of it, clear it: klpkit agent clear.`
    : `${down} It had crashed ${BARE_CRASHES} times or more before without any livepatch, so the patch is not blamed. Find out what takes the machine down.`;
}

function attemptOf({ release, payload, attemptId, reapply, tries }: OpenRecord): Attempt {
  return { release, payload, attemptId, reapply, tries };
}
