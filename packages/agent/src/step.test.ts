import { emptyBlocklist } from '@klpkit/blocklist';
import { releaseKey } from '@klpkit/release';
import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StepEvent, Facts } from './step-event.ts';
import { emptyMemory, type OpenRecord } from './memory.ts';
import type { AgentState } from './state.ts';
import { step } from './step.ts';
import type { StepContext } from './step-types.ts';
import { quickSchedule } from './test-machine.fixture.ts';
import { releaseOf, testKernel } from './test-release.fixture.ts';

const context: StepContext = {
  subject: { nodeId: undefined, tier: 'updates' },
  kernel: testKernel.release,
  schedule: quickSchedule,
  control: false,
  force: false,
};
const release = releaseOf(new Uint8Array(8));
const key = releaseKey(release);
const payload = `/v1/payloads/${release.sha256}`;
const attempt = { release, payload, attemptId: '00000000-0000-4000-8000-000000000001', reapply: false };
const known = { bootId: 'boot-1', patched: true, stopped: false };
const factsWith = (change: Partial<Facts> = {}): Facts => ({
  memory: { ...emptyMemory, boot: known },
  bootId: 'boot-1',
  loaded: [],
  modules: [],
  livepatch: true,
  killSwitch: undefined,
  blocklist: emptyBlocklist(1000),
  now: 2000,
  attemptId: '00000000-0000-4000-8000-000000000002',
  ...change,
});
const open: OpenRecord = {
  release,
  payload,
  attemptId: attempt.attemptId,
  reapply: false,
  module: 'klp_test',
  bootId: 'boot-1',
  phase: 'inserting',
  stalledTasks: [],
  logSeq: 10,
  counters: { tainted: 0, oops: 0, warn: 0 },
  appliedAt: null,
  waitedMs: 0,
  nextHealth: 0,
  stopped: false,
  pstore: [],
  openedAt: 1000,
  tries: 1,
};
const kindsOf = (effects: readonly { kind: string }[]) => effects.map((effect) => effect.kind);
const transitioning: AgentState = {
  kind: 'transitioning',
  attempt,
  module: 'klp_test',
  elapsedMs: 0,
  blockedTasks: 0,
};
const failed = (phase: 'download' | 'journal' | 'insert' | 'health', inserter?: 'died' | 'hung'): StepEvent => ({
  kind: 'failed',
  phase,
  failure: { code: 'IO', message: '[IO] it did not work' },
  now: 3000,
  ...(inserter === undefined ? {} : { inserter }),
});

describe('the order of effects', () => {
  it('writes the record and the ping, and lets the server hear of it, before it inserts', () => {
    const { effects } = step({ kind: 'verifying', attempt }, { kind: 'verified', module: 'klp_test' }, context);
    expect(kindsOf(effects)).toEqual(['open-record', 'report', 'deliver', 'insert']);
  });

  it('inserts in no other state than after a verification', () => {
    const states: AgentState[] = [
      { kind: 'idle' },
      { kind: 'checking' },
      { kind: 'downloading', attempt },
      transitioning,
    ];
    for (const state of states) {
      expect(() => step(state, { kind: 'verified', module: 'klp_test' }, context)).toThrow(TypeError);
    }
  });
});

describe('a start', () => {
  it('with nothing open asks for the blocklist', () => {
    const { state, effects } = step({ kind: 'idle' }, { kind: 'started', facts: factsWith() }, context);
    expect(state).toEqual({ kind: 'idle' });
    expect(kindsOf(effects)).toEqual(['ask-blocklist']);
  });

  it('with a record of another boot is a crash: reported late, closed, then looked at anew', () => {
    const facts = factsWith({ memory: { ...emptyMemory, boot: known, open }, bootId: 'boot-2' });
    const { state, effects } = step({ kind: 'idle' }, { kind: 'started', facts }, context);
    expect(state).toMatchObject({ kind: 'crashed', release: key });
    expect(kindsOf(effects)).toEqual(['note-boot', 'report', 'close-crash', 'look']);
    expect(effects[1]).toMatchObject({ draft: { kind: 'before' }, late: true });
    expect(effects[2]).toMatchObject({ open, outcome: { kind: 'crashed' } });
  });

  it('in the same boot around the insertion waits for what came of it, and inserts nothing', () => {
    const facts = factsWith({ memory: { ...emptyMemory, boot: known, open } });
    const { state, effects } = step({ kind: 'idle' }, { kind: 'started', facts }, context);
    expect(state.kind).toBe('inserting');
    expect(kindsOf(effects)).toEqual(['await-insertion']);
  });

  it('in the same boot after the insertion goes on watching', () => {
    const memory = { ...emptyMemory, boot: known, open: { ...open, phase: 'transitioning' } as const };
    const facts = factsWith({ memory });
    const { state, effects } = step({ kind: 'idle' }, { kind: 'started', facts }, context);
    expect(state.kind).toBe('transitioning');
    expect(kindsOf(effects)).toEqual(['observe']);
  });

  it.each([
    [0, 'applied'],
    [2, 'soaking'],
  ] as const)('in the same boot before health check %i is %s again', (nextHealth, kind) => {
    const memory = {
      ...emptyMemory,
      boot: known,
      open: { ...open, phase: 'soaking', appliedAt: 1500, nextHealth } as const,
    };
    const { state, effects } = step({ kind: 'idle' }, { kind: 'started', facts: factsWith({ memory }) }, context);
    expect(state.kind).toBe(kind);
    expect(effects).toEqual([{ kind: 'examine', index: nextHealth, appliedAt: 1500, module: 'klp_test' }]);
  });

  it('puts no patch back after a stuck inserter of this boot', () => {
    const held = [{ release, payload, module: 'klp_test', since: 1 }];
    const memory = { ...emptyMemory, boot: known, held, stuckBootId: 'boot-1' };
    const { effects } = step({ kind: 'idle' }, { kind: 'list-known', facts: factsWith({ memory }) }, context);
    expect(effects).toEqual([]);
  });

  it('puts no patch of another kernel back', () => {
    const held = [{ release: { ...release, kernel: '6.1.0-99-amd64' }, payload, module: 'klp_test', since: 1 }];
    const facts = factsWith({ memory: { ...emptyMemory, held } });
    expect(step({ kind: 'idle' }, { kind: 'list-known', facts }, context).effects).toEqual([]);
  });

  it('puts no patch back without any blocklist', () => {
    const held = [{ release, payload, module: 'klp_test', since: 1 }];
    const facts = factsWith({ memory: { ...emptyMemory, held }, blocklist: undefined });
    const { state } = step({ kind: 'idle' }, { kind: 'list-known', facts }, context);
    expect(state).toMatchObject({ kind: 'blocked', reason: 'no-list' });
  });
});

describe('a check', () => {
  it('of a kernel without further releases says so', () => {
    const offer = { candidates: [], reason: 'end-of-life', message: 'over' };
    const { state, effects } = step({ kind: 'checking' }, { kind: 'answered', offer, facts: factsWith() }, context);
    expect(state).toMatchObject({ kind: 'kernel-upgrade-required', reason: 'end-of-life' });
    expect(effects).toMatchObject([{ kind: 'report', draft: { outcome: 'kernel-upgrade-required' } }]);
  });

  it('takes no older release while one that made trouble is in force', () => {
    const bad = { ...release, version: '2', sha256: 'ab'.repeat(32) };
    const suspect = {
      release: releaseKey(bad),
      sha256: bad.sha256,
      module: 'klp_bad',
      reason: 'bug',
      since: 1,
    } as const;
    const rollout = (name: string) => ({
      release: name,
      paused: false,
      tiers: [{ tier: 'updates', microPercent: 100_000_000 }],
    });
    const candidates = [
      { release: bad, rollout: rollout(releaseKey(bad)), payload: `/v1/payloads/${bad.sha256}` },
      { release, rollout: rollout(key), payload },
    ];
    const offer = { candidates, reason: 'no-release', message: '' };
    const memory = { ...emptyMemory, boot: known, suspects: [suspect] };
    const check = (loaded: string[]) =>
      step({ kind: 'checking' }, { kind: 'answered', offer, facts: factsWith({ memory, loaded }) }, context).state;
    expect(check(['klp_bad'])).toMatchObject({ kind: 'blocked', reason: 'suspect-bug' });
    expect(check([])).toMatchObject({ kind: 'downloading', attempt: { release: { version: '1' } } });
  });
});

describe('the transition', () => {
  const observed = (kind: 'patching' | 'patched' | 'absent', elapsedMs: number): StepEvent => ({
    kind: 'observed',
    elapsedMs,
    now: 5000,
    transition:
      kind === 'patching'
        ? {
            kind,
            elapsedMs,
            examined: true,
            blockedCount: 1,
            blockedTasks: [{ pid: 1, tid: 1, comm: 'nfsd', stack: null }],
          }
        : kind === 'patched'
          ? { kind, evidence: 'transition' }
          : { kind },
  });

  it('pings each time the interval is passed, not at every look', () => {
    expect(kindsOf(step(transitioning, observed('patching', 99), context).effects)).toEqual(['observe']);
    expect(kindsOf(step(transitioning, observed('patching', 101), context).effects)).toEqual(['report', 'observe']);
  });

  it('is turned round at the deadline and not before', () => {
    expect(step(transitioning, observed('patching', 299), context).state.kind).toBe('transitioning');
    const late = step(transitioning, observed('patching', 300), context);
    expect(late.state).toMatchObject({ kind: 'stalled', stalledTasks: ['nfsd'] });
    expect(kindsOf(late.effects)).toEqual(['advance-record', 'reverse']);
  });

  it('that is gone is never read as done', () => {
    expect(step(transitioning, observed('absent', 10), context).state).toMatchObject({
      kind: 'insert-failed',
      failure: { code: 'PATCH_GONE' },
    });
  });
});

describe('a failure', () => {
  it.each([
    ['before an attempt', { kind: 'checking' }, failed('download'), 'refused', []],
    ['in the download', { kind: 'downloading', attempt }, failed('download'), 'refused', ['close-record']],
    ['of the record', { kind: 'inserting', attempt, module: 'm' }, failed('journal'), 'refused', ['close-record']],
    [
      'of the insertion',
      { kind: 'inserting', attempt, module: 'm' },
      failed('insert'),
      'insert-failed',
      ['close-record'],
    ],
    [
      'of an inserter that died',
      { kind: 'inserting', attempt, module: 'm' },
      failed('insert', 'died'),
      'inserter-died',
      ['close-record'],
    ],
    [
      'of an inserter that hangs',
      { kind: 'inserting', attempt, module: 'm' },
      failed('insert', 'hung'),
      'inserter-hung',
      ['close-record'],
    ],
    ['to look after a patch that is in', transitioning, failed('health'), 'applied-with-bug', ['close-record']],
  ] as [string, AgentState, StepEvent, string, string[]][])('%s', (_, state, event, kind, effects) => {
    const next = step(state, event, context);
    expect(next.state.kind).toBe(kind);
    expect(kindsOf(next.effects)).toEqual(effects);
  });
});

it('never changes what it is given, and gives the same answer twice', () => {
  const events: StepEvent[] = [
    { kind: 'check-due', killSwitch: undefined },
    { kind: 'started', facts: factsWith() },
    { kind: 'downloaded' },
    { kind: 'verified', module: 'klp_test' },
    { kind: 'inserted', durationMs: 5 },
    { kind: 'observed', transition: { kind: 'patched', evidence: 'transition' }, elapsedMs: 3, now: 9 },
    { kind: 'found-healthy', now: 10 },
    { kind: 'reversed' },
    failed('insert', 'died'),
  ];
  assert(
    property(array(constantFrom(...events), { maxLength: 30 }), (row) => {
      let state: AgentState = { kind: 'idle' };
      let opened = false;
      for (const event of row) {
        const before = structuredClone(state);
        const run = () => step(state, event, context);
        let next: ReturnType<typeof step>;
        try {
          next = run();
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError); // an event that has no meaning here is refused, never guessed
          continue;
        }
        expect(run()).toEqual(next);
        expect(state).toEqual(before);
        for (const effect of next.effects) {
          if (effect.kind === 'open-record') opened = true;
          if (effect.kind === 'insert') expect(opened).toBe(true);
          if (effect.kind === 'close-record') opened = false;
        }
        state = next.state;
      }
    }),
    { numRuns: 500 },
  );
});
