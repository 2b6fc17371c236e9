import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQualifyError } from '../error.ts';
import { planOf } from './design.ts';
import { type Counted, moreFailureChances, newFailureChances } from './families.ts';
import { binomialLower, chanceOf, chanceOfCleanWindow, fisherLower } from './tails.ts';

const bitsOf = (mask: number): number => mask.toString(2).replaceAll('0', '').length;

/** All ways to put `failed` failures on the runs of two kernels, counted one by one. */
function enumerate(unpatched: number, patched: number, failed: number): number[] {
  const counts: number[] = Array<number>(unpatched + 1).fill(0);
  for (let mask = 0; mask < 1 << (unpatched + patched); mask++) {
    if (bitsOf(mask) !== failed) continue;
    const before = bitsOf(mask & ((1 << unpatched) - 1));
    counts[before] = (counts[before] ?? 0) + 1;
  }
  const ways = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / ways);
}

describe('chances', () => {
  it('are those that counting gives', () => {
    for (const failed of [0, 1, 3, 5, 9]) {
      const split = { unpatched: 4, patched: 5, failed };
      for (const [k, chance] of enumerate(4, 5, failed).entries()) expect(chanceOf(k, split)).toBeCloseTo(chance, 12);
    }
  });

  it("are Fisher's where others have computed them", () => {
    // The lady tasting tea: 3 of 4 right, and 4 of 4.
    expect(fisherLower(1, { unpatched: 4, patched: 4, failed: 4 })).toBeCloseTo(17 / 70, 12);
    expect(fisherLower(0, { unpatched: 4, patched: 4, failed: 4 })).toBeCloseTo(1 / 70, 12);
    // 0 of 40 against 12 of 40: 40!/28! · 68!/80!
    expect(fisherLower(0, { unpatched: 40, patched: 40, failed: 12 })).toBeCloseTo(9.27e-5, 7);
  });

  it('of a binomial add up', () => {
    expect(binomialLower(0, 12, 0.3)).toBeCloseTo(0.7 ** 12, 12);
    expect(binomialLower(2, 4, 0.5)).toBeCloseTo(11 / 16, 12);
    expect([binomialLower(4, 4, 0.5), binomialLower(3, 4, 1), binomialLower(0, 4, 0)]).toEqual([1, 0, 1]);
  });

  it('of a clean beginning are those of drawing without a failure', () => {
    expect(chanceOfCleanWindow(2, { unpatched: 2, patched: 2, failed: 1 })).toBeCloseTo(0.5, 12);
    expect(chanceOfCleanWindow(4, { unpatched: 2, patched: 2, failed: 1 })).toBe(0);
  });
});

const counted = (failedUnpatched: number, failedPatched: number, runs = 40): Counted => ({
  unpatched: runs,
  patched: runs,
  failed: failedUnpatched + failedPatched,
  failedUnpatched,
  window: 0,
});

describe('chances over many tests', () => {
  it('are unmoved by tests that never failed, however many there are', () => {
    const alone = newFailureChances([counted(0, 12)])[0];
    const among = newFailureChances([counted(0, 12), ...Array<Counted>(5000).fill(counted(0, 0))])[0];
    expect(among).toBe(alone);
    expect(alone).toBeCloseTo(9.27e-5, 7);
  });

  it('add up what other tests could have shown', () => {
    const [first, second] = newFailureChances([counted(0, 9), counted(5, 4)]);
    expect(first).toBeCloseTo(2 * fisherLower(0, counted(0, 9)), 12);
    expect(second).toBe(1);
  });

  it('never say less than the test alone does', () => {
    const one = fc.record({ before: fc.integer({ min: 0, max: 20 }), after: fc.integer({ min: 0, max: 20 }) });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 30 }), (suite) => {
        const tests = suite.map(({ before, after }) => counted(before, after, 20));
        for (const chances of [newFailureChances(tests), moreFailureChances(tests)]) {
          for (const [index, chance] of chances.entries()) {
            const test = tests[index] as Counted;
            const own =
              test.failedUnpatched === 0
                ? fisherLower(0, test)
                : fisherLower(test.failedUnpatched, test) - fisherLower(0, test);
            expect(chance).toBeGreaterThanOrEqual(own * (1 - 1e-9));
            expect(chance).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });

  it('hold what they promise where every outcome can be counted: two tests of three runs each', () => {
    // For all totals, the chance that some adjusted chance comes out at or below a level must not be above the level.
    for (let a = 0; a <= 6; a++) {
      for (let b = 0; b <= 6; b++) {
        const outcomes = enumerate(3, 3, a).flatMap((p, u) =>
          enumerate(3, 3, b).map((q, v) => ({ u, v, chance: p * q })),
        );
        for (const family of [newFailureChances, moreFailureChances]) {
          const least = outcomes
            .filter(({ chance }) => chance > 0)
            .map(({ u, v, chance }) => ({
              chance,
              min: Math.min(...family([counted(u, a - u, 3), counted(v, b - v, 3)])),
            }));
          for (const { min: level } of least) {
            if (level >= 1) continue;
            const reached = least
              .filter(({ min }) => min <= level * (1 + 1e-9))
              .reduce((sum, { chance }) => sum + chance, 0);
            expect(reached).toBeLessThanOrEqual(level * (1 + 1e-9));
          }
        }
      }
    }
  });
});

describe('the design', () => {
  it('spends alpha, no more', () => {
    for (const maxRuns of [2, 7, 9, 12, 25, 40, 400]) {
      const plan = planOf({ maxRuns });
      const spent = plan.looks.reduce((sum, { alphaNew, alphaMore }) => sum + alphaNew + alphaMore, 0);
      expect(spent).toBeCloseTo(0.01, 12);
      expect(plan.looks.at(-1)?.runs).toBe(maxRuns);
      expect(plan.looks.map(({ runs }) => runs)).toEqual(
        [...new Set(plan.looks.map(({ runs }) => runs))].toSorted((x, y) => x - y),
      );
    }
    expect(planOf().looks.map(({ runs }) => runs)).toEqual([7, 12, 20, 30, 40]);
    expect([planOf({ regressionRate: 0.5 }).settleRuns, planOf({ regressionRate: 0.1 }).settleRuns]).toEqual([7, 40]);
  });

  it.each([
    { maxRuns: 1 },
    { maxRuns: 1001 },
    { maxRuns: 7.5 },
    { maxRuns: Number.NaN },
    { alpha: 0 },
    { alpha: 0.2 },
    { regressionRate: 0 },
    { regressionRate: 1.5 },
    { slowFactor: 1 },
    { slowFloorMs: -1 },
  ])('refuses %o', (design) => {
    let code: string | undefined;
    try {
      planOf(design);
    } catch (error) {
      if (isQualifyError(error)) code = error.code;
    }
    expect(code).toBe('INVALID_DESIGN');
  });
});
