import { describe, expect, it } from 'vitest';
import { planOf } from '../statistics/design.ts';
import { createRandom, type Fate, simulatePatch } from './simulate.fixture.ts';

const plan = planOf();

/** `count` patches against a suite whose flake rates are drawn anew for each. Seeded, so that a run tells the same every time. */
function simulate(
  count: number,
  seed: number,
  suite: { stable: number; flaky: number; regressed?: [number, number] },
): Fate[] {
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const flaky = Array.from({ length: suite.flaky }, () => random() * 0.5);
    const rest = [...flaky, ...Array<number>(suite.stable).fill(0)];
    const [before, after] = suite.regressed ?? [0, 0];
    return simulatePatch({ unpatched: [before, ...rest], patched: [after, ...rest] }, plan, random);
  });
}
const shareOf = (fates: readonly Fate[], verdict: Fate['verdict']): number =>
  fates.filter((fate) => fate.verdict === verdict).length / fates.length;
const meanRuns = (fates: readonly Fate[]): number => fates.reduce((sum, { runs }) => sum + runs, 0) / fates.length;

// The 10,000 patches of each kind are in internal/bench; these are few enough for every run of the tests. They are
// seeded: what is seen once is seen always.
describe('error rates of the sequential comparison', () => {
  it.each([
    ['one flaky test', { stable: 0, flaky: 1 }],
    ['five flaky tests among fifty', { stable: 45, flaky: 5 }],
    ['twenty flaky tests', { stable: 0, flaky: 20 }],
  ])('a good patch seldom fails: %s', { timeout: 120_000 }, (_, suite) => {
    const fates = simulate(400, 7, suite);
    expect(shareOf(fates, 'fail')).toBeLessThan(0.01);
    expect(shareOf(fates, 'suspect')).toBeLessThan(0.05);
  });

  it('a suite without flaky tests passes, always, after twelve runs', () => {
    const fates = simulate(100, 8, { stable: 20, flaky: 0 });
    expect(fates.every(({ verdict, runs }) => verdict === 'pass' && runs === 12)).toBe(true);
  });

  it.each<[string, { stable: number; flaky: number }]>([
    ['alone', { stable: 0, flaky: 0 }],
    ['among ten flaky tests', { stable: 0, flaky: 10 }],
  ])('%s, a regression from 0 to 30 percent of runs is found', { timeout: 120_000 }, (_, suite) => {
    const fates = simulate(500, 9, { ...suite, regressed: [0, 0.3] });
    expect(shareOf(fates, 'fail')).toBeGreaterThan(0.9);
    // It is found for its own sake, and mostly before the last run.
    expect(fates.filter(({ culprit }) => culprit === 0).length / fates.length).toBeGreaterThan(0.9);
    expect(meanRuns(fates)).toBeLessThan(38);
  });

  it('a break that is always there is found at the first or second look', { timeout: 120_000 }, () => {
    const fates = simulate(300, 10, { stable: 20, flaky: 5, regressed: [0, 1] });
    expect(shareOf(fates, 'fail')).toBe(1);
    expect(Math.max(...fates.map(({ runs }) => runs))).toBe(12);
  });
});
