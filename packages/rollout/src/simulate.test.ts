import { describe, expect, test } from 'vitest';
import { parseSimulation, type Simulation } from './parse-simulation.ts';
import { replayPings, type RecordedPing } from './replay.ts';
import { simulate } from './simulate.ts';
import type { SimulationResult } from './simulation.ts';

const hourMs = 3_600_000;
const minuteMs = 60_000;
const small = {
  tiers: [
    {
      tier: 'all',
      promotion: 'person',
      phases: [
        { microPercent: 10_000_000, minSoakMs: hourMs },
        { microPercent: 100_000_000, minSoakMs: hourMs },
      ],
    },
  ],
};
const read = (population: object, more: object = {}): Simulation =>
  parseSimulation({ seed: 1, plan: small, policy: { gate: { p0: 0.001, pBad: 0.01 } }, population, ...more });
const play = ({ plan, policy, population }: Simulation, seed = 1): SimulationResult =>
  simulate(plan, policy, population, { seed });

describe('simulate', () => {
  test('a good patch reaches everybody', () => {
    const result = play(read({ tiers: { all: 6000 } }));
    expect(result).toMatchObject({
      decision: 'advance',
      machinesReached: 6000,
      machines: 6000,
      machinesFailed: 0,
      machinesOpen: 0,
    });
    expect(result.steps.map(({ event }) => event)).toEqual(['start', 'advance', 'complete']);
  });

  test('takes every machine of every tier of the default plan', () => {
    const simulation = parseSimulation({
      seed: 4,
      policy: { gate: { p0: 0.001, pBad: 0.01 } },
      population: { tiers: { internal: 20, proposed: 200, updates: 4000, stable: 700 } },
    });
    const result = play(simulation);
    expect(result.machinesReached).toBe(4920);
    expect(result.steps.map(({ event, tier }) => `${event} ${tier}`)).toEqual([
      'start internal',
      'promote proposed',
      'promote updates',
      'advance updates',
      'advance updates',
      'advance updates',
      'advance updates',
      'promote stable',
      'complete stable',
    ]);
  });

  test('a faulty patch is halted after some dozens', () => {
    const reached = Array.from({ length: 21 }, (_, seed) =>
      play(read({ tiers: { all: 20_000 }, fault: { crashRate: 0.05, silentRate: 0 } }), seed),
    );
    for (const { decision } of reached) expect(decision).toBe('halt');
    const exposed = reached
      .map(({ machinesReached, machinesOpen }) => machinesReached - machinesOpen)
      .toSorted((a, b) => a - b);
    expect(exposed[10]).toBeLessThan(60);
  });

  test('machines that only fall silent are noticed, and the cap keeps them few', () => {
    const result = play(read({ tiers: { all: 20_000 }, fault: { crashRate: 0, silentRate: 0.3 } }));
    expect(result.decision).toBe('halt');
    expect(result.machinesReached).toBeLessThanOrEqual(200);
  });

  test('an outage of the receiver halts nothing', () => {
    const outages = [{ fromMs: 10 * minuteMs, toMs: 10 * hourMs }];
    expect(play(read({ tiers: { all: 6000 }, outages }))).toMatchObject({ decision: 'advance', machinesReached: 6000 });
  });

  test('same seed, same course', () => {
    const faulty = read({ tiers: { all: 5000 }, fault: { crashRate: 0.01, silentRate: 0.01 } });
    expect(play(faulty, 7)).toEqual(play(faulty, 7));
    expect(play(faulty, 7)).not.toEqual(play(faulty, 8));
  });

  test('a person who stops what holds too long ends it with hold', () => {
    const simulation = read(
      { tiers: { all: 100 } },
      {
        policy: { gate: { p0: 0.001, pBad: 0.01 }, person: { promotesAfterMs: 0, onHold: 'stop' } },
      },
    );
    expect(play(simulation)).toMatchObject({ decision: 'hold', machinesReached: expect.any(Number) });
  });

  test('an empty fleet comes to its end too', () => {
    expect(play(read({ tiers: {} }))).toMatchObject({ machinesReached: 0, decision: 'hold' });
  });

  test('can be aborted, with the reason untouched', () => {
    const reason = new Error('enough');
    const { plan, policy, population } = read({ tiers: { all: 100 } });
    const run = (): unknown => simulate(plan, policy, population, { seed: 1, signal: AbortSignal.abort(reason) });
    expect(run).toThrow(reason);
  });

  test('refuses a fleet beyond its limit', () => {
    const { plan, policy, population } = read({ tiers: {} });
    expect(() => simulate(plan, policy, { ...population, tiers: { all: 10_000_001 } }, { seed: 1 })).toThrow(
      expect.objectContaining({ code: 'OUT_OF_RANGE' }),
    );
  });
});

describe('parseSimulation', () => {
  const gate = { p0: 0.001, pBad: 0.01 };
  test.each([
    ['nothing', undefined],
    ['no seed', { policy: { gate }, population: { tiers: {} } }],
    ['no gate', { seed: 1, policy: {}, population: { tiers: {} } }],
    ['p0 of a third', { seed: 1, policy: { gate: { ...gate, p0: 1 / 3 } }, population: { tiers: {} } }],
    ['a tier that is not in the plan', { seed: 1, policy: { gate }, population: { tiers: { moon: 1 } } }],
    ['a negative number of machines', { seed: 1, policy: { gate }, population: { tiers: { stable: -1 } } }],
    [
      'an answer after the window',
      { seed: 1, policy: { gate, windowMs: 1000 }, population: { tiers: {}, answerMs: 1000 } },
    ],
    ['an unknown field', { seed: 1, policy: { gate }, population: { tiers: {} }, speed: 2 }],
    [
      'outages that overlap',
      {
        seed: 1,
        policy: { gate },
        population: {
          tiers: {},
          outages: [
            { fromMs: 0, toMs: 9 },
            { fromMs: 5, toMs: 10 },
          ],
        },
      },
    ],
  ])('refuses %s', (_, json) => {
    expect(() => parseSimulation(json)).toThrow(expect.objectContaining({ code: 'MALFORMED_SIMULATION' }));
  });
});

describe('replayPings', () => {
  const options = { policy: { p0: 0.001, pBad: 0.01, alpha: 0.01, beta: 0.05 }, windowMs: 20 * minuteMs };
  const history = (failing: (index: number) => boolean): RecordedPing[] =>
    Array.from({ length: 500 }, (_, index): RecordedPing[] => [
      { receivedAt: index * 1000, ping: { kind: 'before', attemptId: `a${index}` } },
      {
        receivedAt: index * 1000,
        ping: failing(index)
          ? { kind: 'error', attemptId: `a${index}` }
          : { kind: 'health', index: 3, attemptId: `a${index}` },
      },
    ]).flat();

  test('says when it would have halted, and whom that would have spared', () => {
    const result = replayPings(
      history((index) => index % 10 === 9),
      options,
    );
    expect(result).toMatchObject({ decision: 'halt', machinesReached: 20, machinesSpared: 480 });
    expect(result.steps.map(({ decision, level }) => `${decision} ${level}`)).toEqual(['hold none', 'halt halt']);
  });

  test('says when it would have gone on', () => {
    const result = replayPings(
      history(() => false),
      options,
    );
    expect(result).toMatchObject({ decision: 'advance', machinesReached: 500, machinesSpared: 0 });
    expect(result.steps.at(-1)?.machinesReached).toBe(354);
  });

  test('refuses what is not in order', () => {
    const [first, second] = history(() => false).slice(1);
    expect(() => replayPings([second!, { ...first!, receivedAt: 0 }, { ...first!, receivedAt: -1 }], options)).toThrow(
      expect.objectContaining({ code: 'OUT_OF_RANGE' }),
    );
  });
});
