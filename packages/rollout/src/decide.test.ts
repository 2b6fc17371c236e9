import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decide, type GatePolicy, levelOf } from './decide.ts';
import { decideTallies, type StreamPolicy } from './decide-tallies.ts';
import { lnAdvanceEvidence, lnHaltEvidence } from './e-process.ts';
import { explain } from './explain.ts';
import { clopperPearson, upperRateLimit, wilsonInterval } from './intervals.ts';
import { createRandom } from './random.ts';
import { emptyTally, evidenceOf, reduceTally, type Tally } from './tally.ts';
import { lnTwoSampleEvidence, reduceTwoSample, startTwoSample } from './two-sample.ts';
import { waldTest } from './wald.ts';

const policy: GatePolicy = { p0: 0.01, pBad: 0.03, alpha: 0.01, beta: 0.05 };
const outOfRange = expect.objectContaining({ code: 'OUT_OF_RANGE' });

describe('decide', () => {
  test('nothing known is no reason for anything', () => {
    expect(decide({ n: 0, failed: 0, open: 0 }, policy)).toEqual({
      decision: 'hold',
      level: 'none',
      lnHalt: 0,
      lnAdvance: 0,
    });
  });

  test.each([
    [{ n: 1, failed: 1, open: 1 }],
    [{ n: 1, failed: 2, open: 0 }],
    [{ n: -1, failed: 0, open: 0 }],
    [{ n: 1.5, failed: 0, open: 0 }],
    [{ n: Number.NaN, failed: 0, open: 0 }],
    [{ n: 2 ** 53, failed: 0, open: 0 }],
    [{ n: 10, failed: -1, open: 0 }],
    [{ n: 10, failed: 0, open: -1 }],
  ])('refuses the counts %j', (evidence) => expect(() => decide(evidence, policy)).toThrow(outOfRange));

  test.each([
    [{ p0: 0 }],
    [{ p0: 1 / 3 }],
    [{ p0: Number.NaN }],
    [{ pBad: 0 }],
    [{ pBad: 1 }],
    [{ alpha: 0 }],
    [{ alpha: 1 }],
    [{ beta: 1.5 }],
  ])('refuses the policy %j', (change) => {
    expect(() => decide({ n: 1, failed: 0, open: 0 }, { ...policy, ...change })).toThrow(outOfRange);
  });

  test('no count overflows', () => {
    const many = Number.MAX_SAFE_INTEGER;
    expect(decide({ n: many, failed: 0, open: 0 }, policy).decision).toBe('advance');
    expect(decide({ n: many, failed: many, open: 0 }, policy)).toMatchObject({ decision: 'halt', level: 'block' });
  });

  test('an open window never speaks for a halt, and never for going on', () => {
    const counts = fc
      .record({ n: fc.nat(5000), failed: fc.nat(50), open: fc.nat(500) })
      .filter(({ n, failed, open }) => failed + open <= n);
    fc.assert(
      fc.property(counts, ({ n, failed, open }) => {
        const now = decide({ n, failed, open }, policy);
        const allGood = decide({ n, failed, open: 0 }, policy);
        const allBad = decide({ n, failed: failed + open, open: 0 }, policy);
        expect(now.lnHalt).toBeLessThanOrEqual(allBad.lnHalt + 1e-9);
        if (now.decision === 'halt') expect(allGood.decision).toBe('halt');
        if (now.decision === 'advance') expect(allBad.lnAdvance).toBeGreaterThanOrEqual(-Math.log(policy.beta));
      }),
      { numRuns: 1000 },
    );
  });
});

test('levels begin at 20, 100 and 1000', () => {
  expect([19.99, 20.01, 99.9, 100.1, 999, 1001].map((e) => levelOf(Math.log(e)))).toEqual([
    'none',
    'hold',
    'hold',
    'halt',
    'halt',
    'block',
  ]);
});

describe('the guarantee, simulated', () => {
  /** Machines one after the other at `p0`, looked at after each. */
  const everHalts = (random: () => number, rate: number, machines: number): boolean => {
    const limit = -Math.log(policy.alpha);
    let failed = 0;
    for (let n = 1; n <= machines; n++) {
      if (random() >= rate) continue;
      failed++;
      if (lnHaltEvidence(n, failed, rate) >= limit) return true;
    }
    return false;
  };

  test('at most 1 % of 10,000 good rollouts of 2,000 machines are halted at alpha 0.01', () => {
    const random = createRandom(20_261_124);
    let halted = 0;
    for (let run = 0; run < 10_000; run++) if (everHalts(random, policy.p0, 2000)) halted++;
    expect(halted).toBeGreaterThan(0);
    expect(halted / 10_000).toBeLessThanOrEqual(0.01);
  });

  test('at most 5 % of 2,000 rollouts as bad as pBad are ever let go on at beta 0.05', () => {
    const random = createRandom(7);
    const limit = -Math.log(policy.beta);
    let advanced = 0;
    for (let run = 0; run < 2000; run++) {
      let failed = 0;
      for (let n = 1; n <= 1000; n++) {
        if (random() < policy.pBad) failed++;
        else if (lnAdvanceEvidence(n, failed, policy.pBad) >= limit) {
          advanced++;
          break;
        }
      }
    }
    expect(advanced / 2000).toBeLessThanOrEqual(0.05);
  });

  test('two samples: at most 1 % of 2,000 equal pairs of arms are told apart', () => {
    const random = createRandom(99);
    let halted = 0;
    for (let run = 0; run < 2000; run++) {
      let state = startTwoSample;
      for (let failure = 0; failure < 100; failure++) {
        const patched = 1 + Math.floor(random() * 400);
        const control = 1 + Math.floor(random() * 4000);
        const arm = random() * (patched + control) < patched ? 'patched' : 'control';
        state = reduceTwoSample(state, { arm, patched, control });
        if (lnTwoSampleEvidence(state) < Math.log(100)) continue;
        halted++;
        break;
      }
    }
    expect(halted / 2000).toBeLessThanOrEqual(0.01);
  });
});

describe('decideTallies', () => {
  const tally = (change: Partial<Tally>): Tally => ({ ...emptyTally, ...change });
  const one = (value: Tally): Map<string, Tally> => new Map([['*', value]]);

  test('with one kind and one stratum says what decide says', () => {
    const seen = tally({ n: 100, crashed: 3, silent: 2, left: 4, open: 10 });
    expect(decideTallies(one(seen), policy)).toEqual(decide(evidenceOf(seen), policy));
  });

  test('holds crashes and silence each against its own rate, and takes the mean', () => {
    const kinds: StreamPolicy = { ...policy, p0: 0.001, p0Silent: 0.05 };
    const crash = lnHaltEvidence(100, 3, 0.001);
    const silent = lnHaltEvidence(100, 5, 0.05);
    const mean = Math.log((Math.exp(crash) + Math.exp(silent)) / 2);
    expect(decideTallies(one(tally({ n: 100, crashed: 3, silent: 5 })), kinds).lnHalt).toBeCloseTo(mean, 9);
    expect(decideTallies(one(tally({ n: 100, crashed: 0, silent: 5 })), kinds).decision).toBe('hold');
  });

  test('weighs strata, and those without machines with E = 1', () => {
    const strata: StreamPolicy = { ...policy, strata: { old: 0.25, new: 0.25, '*': 0.5 } };
    const tallies = new Map([
      ['old', tally({ n: 50, crashed: 8 })],
      ['new', tally({ n: 500, crashed: 0 })],
    ]);
    const expected = 0.25 * Math.exp(lnHaltEvidence(50, 8, 0.01)) + 0.25 * Math.exp(lnHaltEvidence(500, 0, 0.01)) + 0.5;
    expect(decideTallies(tallies, strata).lnHalt).toBeCloseTo(Math.log(expected), 9);
    expect(decideTallies(tallies, strata).decision).toBe('halt');
    expect(decideTallies(one(tally({ n: 550, crashed: 8 })), policy).decision).toBe('hold');
  });

  test.each([[{}], [{ a: 1 }], [{ a: 0.5, '*': 0.4 }], [{ a: 1.5, '*': -0.5 }], [{ a: Number.NaN, '*': 1 }]])(
    'refuses the weights %j',
    (strata) => {
      expect(() => decideTallies(new Map(), { ...policy, strata })).toThrow(outOfRange);
    },
  );
});

test('a tally closes no window that is not open', () => {
  expect(() => reduceTally(emptyTally, 'good')).toThrow(expect.objectContaining({ code: 'ILLEGAL_EVENT' }));
});

describe('explain', () => {
  test.each([
    [
      { n: 60, failed: 5, open: 5 },
      /^Halt: 5 of 60 machines failed and 5 have not answered yet, where 1 % is normal\. .* 123 to 1/,
    ],
    [{ n: 150, failed: 0, open: 0 }, /^Advance: 0 of 150 machines failed\. A failure rate of 3 % or more is excluded/],
    [{ n: 150, failed: 0, open: 20 }, /^Hold: .*If all of them turn out well it advances\.$/],
    [{ n: 117, failed: 0, open: 1 }, /1 has not answered yet/],
    [{ n: 100, failed: 0, open: 0 }, /About 17 more good machines would exclude a failure rate of 3 %; /],
    [{ n: 10, failed: 2, open: 0 }, /1 more failure halts it\. But the evidence of harm stands at 21\.5 to 1/],
    [{ n: 9000, failed: 9000, open: 0 }, /over a million to 1/],
  ])('%j', (evidence, sentence) => expect(explain(evidence, policy)).toMatch(sentence));

  test('always finds words', () => {
    const counts = fc
      .record({ n: fc.nat(100_000), failed: fc.nat(300), open: fc.nat(300) })
      .filter(({ n, failed, open }) => failed + open <= n);
    fc.assert(fc.property(counts, (evidence) => /^(Halt|Hold|Advance): .*\.$/.test(explain(evidence, policy))));
  });
});

test.each([
  () => clopperPearson(2, 1, 0.95),
  () => clopperPearson(0, 0, 0.95),
  () => upperRateLimit(0, 10, 0),
  () => wilsonInterval(0, 10, 1),
  () => waldTest({ p0: 0.1, p1: 0.1, alpha: 0.1, beta: 0.1 }),
  () => reduceTwoSample(startTwoSample, { arm: 'patched', patched: -1, control: 2 }),
])('%s is out of range', (call) => expect(call).toThrow(outOfRange));

test('an exact upper limit covers what it says', () => {
  const random = createRandom(5);
  let missed = 0;
  for (let run = 0; run < 2000; run++) {
    let failed = 0;
    for (let machine = 0; machine < 300; machine++) if (random() < 0.02) failed++;
    if (upperRateLimit(failed, 300, 0.05) < 0.02) missed++;
  }
  expect(missed / 2000).toBeLessThanOrEqual(0.05);
});
