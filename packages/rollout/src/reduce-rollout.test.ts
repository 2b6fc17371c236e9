import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { automaticStep } from './automatic-step.ts';
import { decide, type GateDecision } from './decide.ts';
import { isRolloutError } from './error.ts';
import { defaultPlan, parseRolloutPlan } from './plan.ts';
import { currentPhase, publishedRollout, reduceRollout, startRollout } from './reduce-rollout.ts';
import { parseRollout } from './rollout.ts';
import type { Actor, RolloutEvent, RolloutState } from './rollout-state.ts';

const hourMs = 3_600_000;
const gate: Actor = { kind: 'gate' };
const ada: Actor = { kind: 'person', name: 'ada' };
const start = startRollout(defaultPlan, 'lp-6.1-3', 0);
const run = (...events: RolloutEvent[]): RolloutState => events.reduce(reduceRollout, start);
const illegal = (message: RegExp): unknown =>
  expect.objectContaining({ code: 'ILLEGAL_EVENT', message: expect.stringMatching(message) });

/** To the first phase of updates. */
const toUpdates: RolloutEvent[] = [
  { type: 'promote', at: 12 * hourMs, by: { kind: 'policy' } },
  { type: 'promote', at: 36 * hourMs, by: ada },
];

describe('the way of a release', () => {
  test('through all tiers and phases of the default plan', () => {
    const advances = [48, 60, 72, 84].map((hours): RolloutEvent => ({ type: 'advance', at: hours * hourMs, by: gate }));
    const end = run(...toUpdates, ...advances, { type: 'promote', at: 108 * hourMs, by: ada });
    expect(publishedRollout(end)).toEqual({
      release: 'lp-6.1-3',
      paused: false,
      tiers: ['internal', 'proposed', 'updates', 'stable'].map((tier) => ({ tier, microPercent: 100_000_000 })),
    });
    expect(() => reduceRollout(end, { type: 'advance', at: 999 * hourMs, by: gate })).toThrow(illegal(/last phase/));
    expect(() => reduceRollout(end, { type: 'promote', at: 999 * hourMs, by: ada })).toThrow(illegal(/last tier/));
  });

  test('what is published can be read, and says when it may grow', () => {
    const published = publishedRollout(run(...toUpdates));
    expect(parseRollout(JSON.parse(JSON.stringify(published)))).toEqual(published);
    expect(published.tiers.at(-1)).toEqual({ tier: 'updates', microPercent: 10_000_000, nextPhaseAt: 48 * hourMs });
  });

  test('a phase soaks', () => {
    const event: RolloutEvent = { type: 'advance', at: 48 * hourMs - 1, by: gate };
    expect(() => run(...toUpdates, event)).toThrow(illegal(/soak for another 1 ms/));
    expect(() => run(...toUpdates, { ...event, by: ada })).toThrow(illegal(/soak/));
  });

  test('a person may cut it short, saying why', () => {
    const event: RolloutEvent = {
      type: 'advance',
      at: 37 * hourMs,
      by: ada,
      override: true,
      note: 'exploited in the wild',
    };
    expect(publishedRollout(run(...toUpdates, event)).tiers.at(-1)?.microPercent).toBe(20_000_000);
    expect(() => run(...toUpdates, { ...event, note: '' })).toThrow(illegal(/note must say why/));
    expect(() => run(...toUpdates, { ...event, by: gate })).toThrow(illegal(/Only a person/));
  });

  test('a tier is filled before the next one opens, even for a person', () => {
    expect(() => run(...toUpdates, { type: 'promote', at: 99 * hourMs, by: ada, override: true, note: 'now' })).toThrow(
      illegal(/not full/),
    );
  });

  test('only a person promotes where the plan says so', () => {
    const [first] = toUpdates;
    if (first === undefined) throw new Error('no events');
    expect(() => run(first, { type: 'promote', at: 99 * hourMs, by: { kind: 'policy' } })).toThrow(
      illegal(/to a person/),
    );
  });
});

describe('pause and resume', () => {
  const paused: RolloutEvent = { type: 'pause', at: 40 * hourMs, by: gate, note: 'E is 120' };
  test('nobody new gets it', () => {
    expect(publishedRollout(run(...toUpdates, paused))).toMatchObject({ paused: true });
    expect(publishedRollout(run(...toUpdates, paused)).tiers.at(-1)).not.toHaveProperty('nextPhaseAt');
  });
  test('nothing moves meanwhile', () => {
    for (const type of ['advance', 'promote', 'pause'] as const) {
      expect(() => run(...toUpdates, paused, { type, at: 99 * hourMs, by: ada })).toThrow(
        illegal(/paused|last phase|not full/),
      );
    }
  });
  test('the time paused does not soak', () => {
    const resumed = run(...toUpdates, paused, { type: 'resume', at: 100 * hourMs, by: ada });
    expect(currentPhase(resumed, 100 * hourMs).soakLeftMs).toBe(8 * hourMs);
    expect(currentPhase(run(...toUpdates, paused), 99 * hourMs).soakLeftMs).toBe(8 * hourMs);
  });
  test('only a person resumes, and only what is paused', () => {
    expect(() => run(...toUpdates, paused, { type: 'resume', at: 99 * hourMs, by: gate })).toThrow(illegal(/person/));
    expect(() => run({ type: 'resume', at: 1, by: ada })).toThrow(illegal(/not paused/));
  });
});

describe('the end', () => {
  const withdrawn: RolloutEvent = { type: 'withdraw', at: 40 * hourMs, by: gate, note: 'E is 5000' };
  test('nothing follows a withdrawal but a re-roll', () => {
    for (const type of ['advance', 'promote', 'pause', 'resume', 'withdraw'] as const) {
      expect(() => run(...toUpdates, withdrawn, { type, at: 99 * hourMs, by: ada })).toThrow(illegal(/withdrawn/));
    }
    expect(publishedRollout(run(...toUpdates, withdrawn)).paused).toBe(true);
  });
  test('a re-roll begins anew under the next key', () => {
    const again = run(...toUpdates, withdrawn, { type: 'reroll', at: 50 * hourMs, by: ada });
    expect(again).toEqual(startRollout(defaultPlan, 'lp-6.1-3#1', 50 * hourMs));
    expect(reduceRollout(again, { type: 'reroll', at: 51 * hourMs, by: ada }).release).toBe('lp-6.1-3#2');
  });
});

test('time does not go back', () => {
  expect(() => run(...toUpdates, { type: 'pause', at: 1, by: ada })).toThrow(illegal(/order/));
  expect(() => run({ type: 'pause', at: Number.NaN, by: ada })).toThrow(illegal(/order/));
});

test('an unknown event changes nothing', () => {
  const event = JSON.parse('{"type":"explode","at":1,"by":{"kind":"gate"}}') as RolloutEvent;
  expect(() => run(event)).toThrow(illegal(/unknown/));
});

test('whatever happens, the log gives the state again and no tier shrinks', () => {
  const event = fc.record({
    type: fc.constantFrom('advance', 'promote', 'pause', 'resume', 'withdraw', 'reroll'),
    wait: fc.nat(30 * hourMs),
    by: fc.constantFrom<Actor[]>(gate, ada, { kind: 'policy' }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (candidates) => {
      let state = start;
      const log: RolloutEvent[] = [];
      for (const { type, wait, by } of candidates) {
        const next = { type, at: state.updatedAt + wait, by } as RolloutEvent;
        try {
          const after = reduceRollout(state, next);
          if (type !== 'reroll') {
            for (const [index, { microPercent }] of publishedRollout(state).tiers.entries()) {
              expect(publishedRollout(after).tiers[index]?.microPercent).toBeGreaterThanOrEqual(microPercent);
            }
          }
          state = after;
          log.push(next);
        } catch (error) {
          if (!isRolloutError(error, 'ILLEGAL_EVENT')) throw error;
        }
      }
      const replayed = (JSON.parse(JSON.stringify(log)) as RolloutEvent[]).reduce(reduceRollout, start);
      expect(replayed).toEqual(state);
    }),
    { numRuns: 500 },
  );
});

describe('parseRolloutPlan', () => {
  const tier = { tier: 'a', promotion: 'person', phases: [{ microPercent: 100_000_000, minSoakMs: 0 }] };
  test('takes the default plan', () =>
    expect(parseRolloutPlan(JSON.parse(JSON.stringify(defaultPlan)))).toEqual(defaultPlan));
  test.each([
    ['nothing', undefined],
    ['no tiers', { tiers: [] }],
    ['a tier twice', { tiers: [tier, tier] }],
    ['no phases', { tiers: [{ ...tier, phases: [] }] }],
    ['a phase of 0 %', { tiers: [{ ...tier, phases: [{ microPercent: 0, minSoakMs: 0 }, ...tier.phases] }] }],
    ['phases that do not rise', { tiers: [{ ...tier, phases: [...tier.phases, ...tier.phases] }] }],
    ['an end below 100 %', { tiers: [{ ...tier, phases: [{ microPercent: 99_999_999, minSoakMs: 0 }] }] }],
    ['a negative soak', { tiers: [{ ...tier, phases: [{ microPercent: 100_000_000, minSoakMs: -1 }] }] }],
    ['promotion by nobody', { tiers: [{ ...tier, promotion: 'nobody' }] }],
    ['an unknown field', { tiers: [tier], name: 'x' }],
  ])('refuses %s', (_, json) => {
    expect(() => parseRolloutPlan(json)).toThrow(expect.objectContaining({ code: 'MALFORMED_PLAN' }));
  });
  test('startRollout checks plan and key', () => {
    expect(() => startRollout({ tiers: [] }, 'lp-1', 0)).toThrow(expect.objectContaining({ code: 'MALFORMED_PLAN' }));
    expect(() => startRollout(defaultPlan, 'lp', 0)).toThrow(expect.objectContaining({ code: 'MALFORMED_KEY' }));
  });
});

describe('automaticStep', () => {
  const word = (n: number, failed: number): GateDecision =>
    decide({ n, failed, open: 0 }, { p0: 0.001, pBad: 0.01, alpha: 0.01, beta: 0.05 });
  const good = word(1000, 0);
  const unsure = word(10, 0);

  test.each<[string, RolloutState, GateDecision, number, object]>([
    ['waits for the soak time', start, good, hourMs, { kind: 'wait', reason: 'soaking', retryAfterMs: 11 * hourMs }],
    ['waits for evidence', start, unsure, 13 * hourMs, { kind: 'wait', reason: 'evidence' }],
    ['asks when it holds too long', start, unsure, 36 * hourMs, { kind: 'ask', reason: 'held-too-long' }],
    [
      'promotes by policy',
      start,
      good,
      12 * hourMs,
      { kind: 'event', event: { type: 'promote', by: { kind: 'policy' } } },
    ],
    ['asks for a promotion', run(toUpdates[0]!), good, 36 * hourMs, { kind: 'ask', reason: 'promotion' }],
    ['advances', run(...toUpdates), good, 48 * hourMs, { kind: 'event', event: { type: 'advance', by: gate } }],
    [
      'pauses at a halt',
      run(...toUpdates),
      word(100, 3),
      37 * hourMs,
      { kind: 'event', event: { type: 'pause', by: gate } },
    ],
    [
      'withdraws at a block',
      run(...toUpdates),
      word(60, 6),
      37 * hourMs,
      { kind: 'event', event: { type: 'withdraw', by: gate } },
    ],
  ])('%s', (_, state, decision, now, expected) => expect(automaticStep(state, decision, now)).toMatchObject(expected));

  test('a warning stops what proof would let go on', () => {
    const torn = { ...good, level: 'hold' } as const;
    expect(automaticStep(run(...toUpdates), torn, 48 * hourMs)).toEqual({ kind: 'wait', reason: 'warning' });
  });

  test('a strict alpha does not make level halt harmless', () => {
    const strict = decide({ n: 100, failed: 3, open: 0 }, { p0: 0.001, pBad: 0.01, alpha: 0.0001, beta: 0.05 });
    expect(strict).toMatchObject({ decision: 'hold', level: 'halt' });
    expect(automaticStep(start, strict, 1)).toMatchObject({ event: { type: 'pause' } });
  });

  test('what is paused asks, but is still withdrawn at a block', () => {
    const paused = run({ type: 'pause', at: 1, by: gate });
    expect(automaticStep(paused, good, 99 * hourMs)).toEqual({ kind: 'ask', reason: 'paused' });
    const step = automaticStep(paused, word(60, 6), 99 * hourMs);
    expect(step).toMatchObject({ event: { type: 'withdraw' } });
    if (step.kind === 'event')
      expect(automaticStep(reduceRollout(paused, step.event), good, 100 * hourMs)).toMatchObject({
        reason: 'withdrawn',
      });
  });

  test('its events are legal', () => {
    for (const [state, decision, now] of [
      [start, good, 12 * hourMs],
      [run(...toUpdates), good, 48 * hourMs],
      [run(...toUpdates), word(100, 3), 37 * hourMs],
    ] as const) {
      const step = automaticStep(state, decision, now);
      if (step.kind !== 'event') throw new Error('no event');
      expect(reduceRollout(state, step.event).updatedAt).toBe(now);
    }
  });
});
