import { describe, expect, it } from 'vitest';
import type { TestResult, TestRun, TestStatus } from '../test-result.ts';
import { compareRuns } from './compare-runs.ts';

type Told = TestStatus | { readonly status?: TestStatus; readonly durationMs?: number; readonly output?: string };

function result(name: string, told: Told): TestResult {
  const { status = 'pass', durationMs = null, output = '' } = typeof told === 'string' ? { status: told } : told;
  return { name, status, durationMs, reason: '', output };
}
const run = (tests: Readonly<Record<string, Told>>, only: readonly string[] | null = null): TestRun => ({
  format: 'tap',
  results: Object.entries(tests).map(([name, told]) => result(name, told)),
  faults: [],
  only,
});
const times = (count: number, make: (index: number) => TestRun): TestRun[] =>
  Array.from({ length: count }, (_, index) => make(index));
const classes = (report: ReturnType<typeof compareRuns>): Record<string, string> =>
  Object.fromEntries(report.tests.map((test) => [test.name, test.class]));
const codes = (report: ReturnType<typeof compareRuns>): string[] => report.reasons.map(({ code }) => code);

describe('the same tests on both kernels', () => {
  it('passes what passes everywhere, after twelve runs and not before', () => {
    const good = (count: number) => times(count, () => run({ a: 'pass', b: 'xfail' }));
    const early = compareRuns(good(7), good(7));
    expect(early).toMatchObject({ verdict: 'inconclusive', finished: false, nextLook: 12, rerun: ['a', 'b'] });
    expect(codes(early)).toEqual(['MORE_RUNS']);
    const done = compareRuns(good(12), good(12));
    expect(done).toMatchObject({ verdict: 'pass', finished: true, nextLook: 12, rerun: [], reasons: [] });
  });

  it('is nothing at all without runs, and nothing without a test that passes', () => {
    expect(codes(compareRuns([], []))).toEqual(['NO_TESTS', 'MORE_RUNS']);
    const empty = times(12, () => run({}));
    expect(compareRuns(empty, empty).verdict).toBe('inconclusive');
    const broken = times(12, () => run({ a: 'fail' }));
    const report = compareRuns(broken, broken);
    expect([report.verdict, ...codes(report)]).toEqual(['inconclusive', 'NO_TESTS']);
    expect(classes(report)).toEqual({ a: 'failing' });
  });

  it('finds a break that is always there after seven runs, and names it with how it failed', () => {
    const report = compareRuns(
      times(7, () => run({ a: 'pass', b: 'pass' })),
      times(7, () => run({ a: 'pass', b: { status: 'fail', output: 'expected 4' } })),
    );
    expect(report).toMatchObject({ verdict: 'fail', finished: true });
    expect(report.reasons).toMatchObject([{ code: 'TEST_REGRESSED', weight: 'fails' }]);
    expect(report.reasons[0]?.message).toContain('b: failed in 7 of 7 runs, unpatched in 0 of 7');
    expect(report.tests[0]).toMatchObject({ name: 'b', class: 'regression', lastFailure: 'fail\nexpected 4' });
  });

  it('does not believe three against three, nor six', () => {
    for (const count of [3, 6]) {
      const report = compareRuns(
        times(count, () => run({ a: 'pass' })),
        times(count, () => run({ a: 'fail' })),
      );
      expect([report.verdict, report.nextLook, ...codes(report)]).toEqual(['inconclusive', 7, 'NO_TESTS', 'MORE_RUNS']);
    }
  });

  it('finds tests that vanish, as when the machine goes down in the middle', () => {
    const report = compareRuns(
      times(7, () => run({ a: 'pass', b: 'pass' })),
      times(7, () => run({ a: 'pass' })),
    );
    expect(report.reasons).toMatchObject([{ code: 'TEST_VANISHED' }]);
    expect(classes(report)).toEqual({ a: 'pass', b: 'vanished' });
  });

  it('does not miss what it did not ask for', () => {
    const all = times(12, () => run({ a: 'pass', b: 'pass' }));
    const some = times(8, (index) => run({ b: index % 4 === 0 ? 'fail' : 'pass' }, ['b']));
    const report = compareRuns([...all, ...some], [...all, ...some]);
    expect(classes(report)).toEqual({ a: 'pass', b: 'flaky' });
    expect(report.tests.find(({ name }) => name === 'a')?.patched.runs).toBe(12);
  });

  it('names the parts of a program that are worse, or the program where they are many', () => {
    const named = (before: Record<string, Told>, after: Record<string, Told>): string[] =>
      compareRuns(
        times(7, () => run(before)),
        times(7, () => run(after)),
      ).reasons.map(({ message }) => message.replace(/: .*/, ''));
    const whole = { 'p > x': 'pass', 'p > y': 'pass', p: 'pass', q: 'pass' } as const;
    expect(named(whole, { ...whole, 'p > y': 'fail', p: 'fail' })).toEqual(['p > y']);
    const parts = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`p > ${index}`, 'pass' as const]));
    expect(named({ ...parts, p: 'pass', q: 'pass' }, { p: 'timeout', q: 'pass' })).toEqual(['p']);
  });

  it('finds a program that fails in another part each time', () => {
    const names = Array.from({ length: 30 }, (_, index) => `p > ${index}`);
    const kernel = (failing: (index: number) => string | undefined): TestRun[] =>
      times(20, (index) => {
        const bad = failing(index);
        const parts = names.map((name): [string, TestStatus] => [name, name === bad ? 'fail' : 'pass']);
        return run({ ...Object.fromEntries(parts), p: bad === undefined ? 'pass' : 'fail' });
      });
    const report = compareRuns(
      kernel(() => undefined),
      kernel((index) => (index % 2 === 0 ? names[index] : undefined)),
    );
    expect(report.reasons).toMatchObject([{ code: 'TEST_REGRESSED' }]);
    expect(report.reasons[0]?.message).toMatch(/^p: failed in 10 of 20 runs/);
  });

  it('skips the parts of a program that was skipped', () => {
    const whole = { 'p > x': 'pass', p: 'pass', q: 'pass' } as const;
    const report = compareRuns(
      times(12, () => run(whole)),
      times(12, () => run({ p: 'skip', q: 'pass' })),
    );
    expect(report.verdict).toBe('inconclusive');
    expect(new Set(codes(report))).toEqual(new Set(['TEST_SKIPPED']));
  });

  it('doubts where the patched kernel leaves a test out more often, and not where both do', () => {
    const kernel = (skips: (index: number) => boolean): TestRun[] =>
      times(40, (index) => run({ a: 'pass', b: skips(index) ? 'skip' : 'pass' }));
    const often = kernel((index) => index % 4 !== 0);
    expect(
      codes(
        compareRuns(
          kernel(() => false),
          often,
        ),
      ),
    ).toEqual(['TEST_SKIPPED']);
    expect(compareRuns(often, often)).toMatchObject({ verdict: 'pass', finished: true });
  });

  it('tells flaky, failing, fixed, new and skipped tests from regressions', () => {
    const before = times(20, (index) =>
      run({
        steady: 'pass',
        flaky: index % 3 === 0 ? 'fail' : 'pass',
        failing: 'fail',
        fixed: 'fail',
        skipped: 'skip',
      }),
    );
    const after = times(20, (index) =>
      run({
        steady: 'pass',
        flaky: index % 4 === 1 ? 'fail' : 'pass',
        failing: 'fail',
        fixed: 'pass',
        skipped: 'skip',
        new: 'fail',
      }),
    );
    const report = compareRuns(before, after);
    expect(classes(report)).toEqual({
      steady: 'pass',
      flaky: 'flaky',
      failing: 'failing',
      fixed: 'fixed',
      skipped: 'skipped',
      new: 'new',
    });
    expect([report.verdict, report.finished]).toEqual(['pass', true]);
  });

  it('says that the runs do not suffice where they cannot show what is looked for', () => {
    const good = times(8, () => run({ a: 'pass' }));
    const report = compareRuns(good, good, { maxRuns: 8 });
    expect([report.verdict, report.finished, ...codes(report)]).toEqual(['inconclusive', true, 'TOO_FEW_RUNS']);
    expect(compareRuns(good, good, { maxRuns: 8, regressionRate: 0.5 }).verdict).toBe('pass');
  });

  it('uses runs of the unpatched kernel that were kept from before', () => {
    const before = times(120, () => run({ a: 'pass' }));
    const after = times(12, (index) => run({ a: index < 5 ? 'fail' : 'pass' }));
    expect(compareRuns(before.slice(0, 12), after).verdict).toBe('inconclusive');
    expect(compareRuns(before, after).verdict).toBe('fail');
  });
});

describe('durations', () => {
  const noisy = (index: number): number => 0.8 + ((index * 7919) % 100) / 250; // 0.8 to 1.2

  it('finds a workload that takes ten times as long, at the first look', () => {
    const report = compareRuns(
      times(7, (index) => run({ work: { durationMs: 1000 * noisy(index) } })),
      times(7, (index) => run({ work: { durationMs: 10_000 * noisy(index + 3) } })),
    );
    expect(report.verdict).toBe('fail');
    expect(report.reasons).toMatchObject([{ code: 'TEST_SLOWER' }]);
    expect(report.tests[0]?.slowdown).toBeGreaterThan(7);
    expect(report.tests[0]).toMatchObject({ class: 'slower', unpatched: { slow: 0 }, patched: { slow: 7 } });
  });

  it('is not moved by noise, an outlier, or tests that take no time', () => {
    const kernel = (seed: number) =>
      times(20, (index) =>
        run({
          noisy: { durationMs: 1000 * noisy(index + seed) },
          outlier: { durationMs: index === 4 + seed ? 30_000 : 900 },
          tiny: { durationMs: index % 2 === seed % 2 ? 1 : 60 },
        }),
      );
    const report = compareRuns(kernel(1), kernel(2));
    expect([report.verdict, ...codes(report)]).toEqual(['pass']);
  });
});
