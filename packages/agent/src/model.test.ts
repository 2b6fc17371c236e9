import { block, type Blocklist, emptyBlocklist } from '@klpkit/blocklist';
import type { Release } from '@klpkit/release';
import { releaseKey } from '@klpkit/release';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Effect } from './effect.ts';
import { isAgentError } from './error.ts';
import { openJournal } from './journal.ts';
import { createMemoryStore, type MemoryStore } from './memory-store.ts';
import type { Candidate } from './ports.ts';
import type { AgentState } from './state.ts';
import { agentStateKinds } from './state-kinds.ts';
import type { Facts, StepEvent } from './step-event.ts';
import { step } from './step.ts';
import type { StepContext } from './step-types.ts';
import { quickSchedule } from './test-machine.fixture.ts';
import { releaseOf, testKernel } from './test-release.fixture.ts';

/**
 * Random lives of a machine: the real transition function and the real journal, with a world around them that answers every effect by the
 * dice: it works, fails, or the agent dies, or the machine goes down, in order or not. What must never happen is looked for after each effect.
 */
const runs = Number(process.env['KLPKIT_MODEL_RUNS'] ?? 20_000);

const releases: readonly Release[] = [1, 2].map((version) =>
  releaseOf(Uint8Array.of(version), { version: String(version) }),
);
const moduleOf = (release: Release) => `klp_${release.version}`;
const context: StepContext = {
  subject: { nodeId: undefined, tier: 'updates', policy: { always: true } },
  kernel: testKernel.release,
  schedule: quickSchedule,
  control: false,
  force: false,
};

interface World {
  now: number;
  boot: number;
  readonly loaded: Set<string>;
  /** An inserter died or hung in this boot, and its module's name is stuck. */
  stuck: boolean;
  list: Blocklist;
  verified: string | undefined;
  killSwitch: Facts['killSwitch'];
  attempts: number;
  readonly before: Set<string>;
}

type Fate =
  | 'works'
  | 'fails'
  | 'inserter-died'
  | 'inserter-hung'
  | 'agent-dies'
  | 'machine-dies'
  | 'shuts-down'
  | 'ill'
  | 'stalls'
  | 'disk-full';
const fates: readonly Fate[] = [
  'works',
  'fails',
  'inserter-died',
  'inserter-hung',
  'agent-dies',
  'machine-dies',
  'shuts-down',
  'ill',
  'stalls',
  'disk-full',
];
const fate = fc.oneof(
  { weight: 12, arbitrary: fc.constant<Fate>('works') },
  { weight: 3, arbitrary: fc.constantFrom(...fates) },
);
const act = fc.constantFrom('check', 'restart', 'reboot', 'block-first', 'block-second', 'switch') as fc.Arbitrary<Act>;
type Act = 'check' | 'restart' | 'reboot' | 'block-first' | 'block-second' | 'switch';

it(`never does what it must not, in ${runs} random lives`, { timeout: 3_600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 12 }), fc.infiniteStream(fate), async (acts, dice) => {
      const store = createMemoryStore();
      const world: World = {
        now: 1_000_000,
        boot: 1,
        loaded: new Set(),
        stuck: false,
        list: emptyBlocklist(1_000_000),
        verified: undefined,
        killSwitch: undefined,
        attempts: 0,
        before: new Set(),
      };
      let journal = await openJournal(store);
      let life = await liveThrough('restart', { kind: 'idle' }, { world, store, journal, dice });
      for (const one of acts) {
        change(world, one);
        if (one === 'reboot') await journal.stopped();
        if (one === 'restart' || one === 'reboot' || life.died) journal = await openJournal(store);
        const beginning = one === 'check' && !life.died && !life.begunInVain ? 'check' : 'restart';
        life = await liveThrough(beginning, life.state, { world, store, journal, dice });
        expect(agentStateKinds).toContain(life.state.kind);
      }
    }),
    { numRuns: runs, seed: Number(process.env['KLPKIT_MODEL_SEED'] ?? 20_261_125) },
  );
});

function change(world: World, what: Act): void {
  world.now += 60_000;
  if (what === 'reboot') powerOn(world);
  if (what === 'switch')
    world.killSwitch = world.killSwitch === undefined ? { mode: 'no-apply', by: 'file' } : undefined;
  const target = what === 'block-first' ? releases[0] : what === 'block-second' ? releases[1] : undefined;
  if (target === undefined || world.list.entries.some(({ release }) => release === releaseKey(target))) return;
  const entry = {
    release: releaseKey(target),
    sha256: null,
    kernels: '*',
    action: 'no-apply',
    reason: 'test',
  } as const;
  world.list = block(world.list, { ...entry, since: world.now }, world.now);
}

function powerOn(world: World): void {
  world.boot += 1;
  world.loaded.clear();
  world.stuck = false;
  world.verified = undefined;
}

interface Surroundings {
  readonly world: World;
  readonly store: MemoryStore;
  readonly journal: Awaited<ReturnType<typeof openJournal>>;
  readonly dice: fc.Stream<Fate>;
}

/** One process: from its start, or from a check, to rest or to its death. */
async function liveThrough(
  beginning: 'restart' | 'check',
  from: AgentState,
  surroundings: Surroundings,
): Promise<{ state: AgentState; died: boolean; begunInVain: boolean }> {
  const { world } = surroundings;
  let state: AgentState = beginning === 'restart' ? { kind: 'idle' } : from;
  let event: StepEvent | undefined =
    beginning === 'restart'
      ? { kind: 'started', facts: factsOf(surroundings) }
      : { kind: 'check-due', killSwitch: world.killSwitch };
  for (let steps = 0; event !== undefined; steps += 1) {
    expect(steps, 'a course that never ends').toBeLessThan(500);
    const next = step(state, event, context);
    state = next.state;
    event = undefined;
    for (const effect of next.effects) {
      const [dice = 'works'] = surroundings.dice.take(1);
      if (dice === 'agent-dies' || dice === 'machine-dies' || dice === 'shuts-down') {
        // Half of the deaths come after the effect was done.
        if (world.now % 2 === 0) await answer(effect, 'works', surroundings);
        if (dice === 'shuts-down') await surroundings.journal.stopped();
        if (dice !== 'agent-dies') powerOn(world);
        world.verified = undefined;
        return { state, died: true, begunInVain: false };
      }
      const answered = await answer(effect, dice, surroundings);
      event = answered ?? event;
      if (answered?.kind === 'failed') break;
    }
  }
  return {
    state,
    died: false,
    begunInVain: beginning === 'restart' && state.kind === 'refused' && state.phase === 'check',
  };
}

function factsOf({ world, journal }: Surroundings): Facts {
  world.attempts += 1;
  return {
    memory: journal.memory(),
    bootId: `boot-${world.boot}`,
    loaded: [...world.loaded],
    modules: [...world.loaded],
    livepatch: true,
    killSwitch: world.killSwitch,
    blocklist: world.list,
    now: world.now,
    attemptId: `00000000-0000-4000-8000-${String(world.attempts).padStart(12, '0')}`,
  };
}

/** The effect on a disk that has no room while it is done: what the journal does not keep then is lost with the process. */
async function answer(effect: Effect, dice: Fate, surroundings: Surroundings): Promise<StepEvent | undefined> {
  const { world, store } = surroundings;
  if (dice !== 'disk-full') return answerWith(effect, dice, surroundings);
  store.refuse('ENOSPC');
  try {
    return await answerWith(effect, 'works', surroundings);
  } catch (error) {
    if (!isAgentError(error, 'STATE_UNUSABLE')) throw error;
    const phase = effect.kind === 'open-record' ? 'journal' : 'check';
    return { kind: 'failed', phase, failure: { code: error.code, message: error.message }, now: world.now };
  } finally {
    store.refuse(undefined);
  }
}

async function answerWith(effect: Effect, dice: Fate, surroundings: Surroundings): Promise<StepEvent | undefined> {
  const { world, journal } = surroundings;
  world.now += 7;
  const failed = (
    phase: 'download' | 'verify' | 'journal' | 'insert' | 'transition',
    inserter?: 'died' | 'hung',
  ): StepEvent => ({
    kind: 'failed',
    phase,
    failure: { code: 'IO', message: '[IO] by the dice' },
    now: world.now,
    ...(inserter === undefined ? {} : { inserter }),
  });
  switch (effect.kind) {
    case 'ask':
      return dice === 'fails'
        ? ({ ...failed('download'), phase: 'check' } as StepEvent)
        : {
            kind: 'answered',
            facts: factsOf(surroundings),
            offer: { candidates: candidates(), reason: 'no-release', message: '' },
          };
    case 'look':
      return { kind: 'started', facts: factsOf(surroundings) };
    case 'ask-blocklist':
      return journal.memory().held.length === 0 ? undefined : { kind: 'list-known', facts: factsOf(surroundings) };
    case 'download':
      return dice === 'fails' ? failed('download') : { kind: 'downloaded' };
    case 'verify':
      if (dice === 'fails' || world.loaded.has(moduleOf(effect.attempt.release))) return failed('verify');
      world.verified = effect.attempt.release.sha256;
      return { kind: 'verified', module: moduleOf(effect.attempt.release) };
    case 'open-record':
      if (dice === 'fails') return failed('journal');
      await openRecord(effect, surroundings);
      return undefined;
    case 'advance-record':
      await journal.advance(effect.change);
      return undefined;
    case 'close-record':
    case 'close-crash':
      await journal.close(effect.outcome);
      world.verified = undefined;
      return undefined;
    case 'note-boot':
      await journal.noteBoot(`boot-${world.boot}`, effect.bareCrashes);
      return undefined;
    case 'report': {
      if (effect.draft.kind === 'before') world.before.add(effect.attemptId);
      if (effect.draft.kind === 'after') expect(world.before, 'after without before').toContain(effect.attemptId);
      return undefined;
    }
    case 'insert':
      return insert(effect, dice, surroundings, failed);
    case 'await-insertion':
      if (world.stuck) return { ...failed('insert', 'hung') };
      return world.loaded.has(effect.module)
        ? observed('patched', world)
        : { kind: 'not-inserted', facts: factsOf(surroundings) };
    case 'observe':
      if (!world.loaded.has(effect.module)) return observed('absent', world);
      return observed(dice === 'stalls' ? 'stalled' : 'patched', world);
    case 'reverse':
      if (dice === 'fails') return failed('transition');
      world.loaded.delete(effect.module);
      return { kind: 'reversed' };
    case 'examine':
      return dice === 'ill'
        ? { kind: 'found-ill', now: world.now, failure: { code: 'KERNEL_INCIDENT', message: '' }, incidents: [] }
        : { kind: 'found-healthy', now: world.now };
    case 'disable':
      world.loaded.delete(effect.module);
      return undefined;
    default:
      return undefined;
  }
}

function candidates(): Candidate[] {
  return releases.toReversed().map((release) => ({
    release,
    payload: `/v1/payloads/${release.sha256}`,
    rollout: { release: releaseKey(release), paused: false, tiers: [{ tier: 'updates', microPercent: 100_000_000 }] },
  }));
}

/** The heart: every insertion is looked at. */
function insert(
  { attempt }: Extract<Effect, { kind: 'insert' }>,
  dice: Fate,
  { world, journal }: Surroundings,
  failed: (phase: 'insert', inserter?: 'died' | 'hung') => StepEvent,
): StepEvent {
  const { open, suspects, stuckBootId } = journal.memory();
  const key = releaseKey(attempt.release);
  expect(world.verified, 'inserted unverified bytes').toBe(attempt.release.sha256);
  expect(open, 'inserted without an open record').toMatchObject({
    attemptId: attempt.attemptId,
    bootId: `boot-${world.boot}`,
  });
  expect(world.before, 'inserted before the before-ping').toContain(attempt.attemptId);
  expect(
    suspects.map(({ release }) => release),
    'inserted a suspect',
  ).not.toContain(key);
  expect(stuckBootId, 'inserted after a stuck inserter').not.toBe(`boot-${world.boot}`);
  expect(world.stuck, 'inserted after a stuck inserter').toBe(false);
  expect(world.killSwitch, 'inserted against the kill switch').toBeUndefined();
  expect(
    world.list.entries.map(({ release }) => release),
    'inserted a blocked patch',
  ).not.toContain(key);
  if (dice === 'fails') return failed('insert');
  if (dice === 'inserter-died' || dice === 'inserter-hung') {
    world.stuck = true;
    return failed('insert', dice === 'inserter-died' ? 'died' : 'hung');
  }
  world.loaded.add(moduleOf(attempt.release));
  return { kind: 'inserted', durationMs: 3 };
}

function observed(what: 'patched' | 'absent' | 'stalled', world: World): StepEvent {
  const base = { kind: 'observed', now: world.now } as const;
  if (what === 'absent') return { ...base, elapsedMs: 1, transition: { kind: 'absent' } };
  if (what === 'patched') return { ...base, elapsedMs: 1, transition: { kind: 'patched', evidence: 'transition' } };
  const moving = { kind: 'patching', elapsedMs: 300, blockedTasks: [], blockedCount: 1 } as const;
  return { ...base, elapsedMs: quickSchedule.transitionDeadlineMs, transition: moving as never };
}

async function openRecord(
  { attempt, module }: Extract<Effect, { kind: 'open-record' }>,
  { world, journal }: Surroundings,
): Promise<void> {
  const { release, payload, attemptId, reapply, tries } = attempt;
  await journal.open({
    release,
    payload,
    attemptId,
    reapply,
    module,
    bootId: `boot-${world.boot}`,
    phase: 'inserting',
    stalledTasks: [],
    logSeq: 1,
    counters: { tainted: 0, oops: 0, warn: 0 },
    appliedAt: null,
    waitedMs: 0,
    nextHealth: 0,
    stopped: false,
    pstore: [],
    openedAt: world.now,
    tries: tries ?? 1,
  });
}
