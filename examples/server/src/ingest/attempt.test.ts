import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, type Attempt, firstHeard } from './attempt.ts';
import type { AttemptNews } from './fold.ts';

const silence: AttemptNews = {
  attemptId: 'a',
  release: 'lp-1',
  tier: 'updates',
  kernel: 'k',
  arch: 'x86_64',
  cpuFamily: '',
  control: false,
  beforeAt: null,
  provenAt: null,
  failedAt: null,
  leftAt: null,
  failure: null,
};
const before: AttemptNews = { ...silence, beforeAt: 10 };
const proven: AttemptNews = { ...silence, provenAt: 20 };
const failed: AttemptNews = { ...silence, failedAt: 30, failure: 'health: KERNEL_INCIDENT' };
const left: AttemptNews = { ...silence, leftAt: 40 };
const options = { answerWindowMs: 1000, now: 50 };

function life(...news: readonly AttemptNews[]): { attempt: Attempt; steps: string[] } {
  let attempt = firstHeard(news[0] ?? silence, { phase: 10_000_000, now: 1 });
  const steps: string[] = [];
  for (const one of news) {
    const next = advance(attempt, one, options);
    attempt = next.attempt;
    steps.push(...next.steps);
  }
  return { attempt, steps };
}

describe('an attempt', () => {
  it('begins, has a deadline, and ends once', () => {
    const { attempt, steps } = life(before, proven, proven);
    expect(steps).toEqual(['started', 'good']);
    expect(attempt).toMatchObject({
      beforeAt: 10,
      deadline: 1010,
      isCounted: true,
      outcome: 'good',
      decidedAt: 50,
      phase: 10_000_000,
    });
  });

  it('is not counted before its beginning is known, and then with its end', () => {
    expect(life(failed).steps).toEqual([]);
    expect(life(failed, before).steps).toEqual(['started', 'failed']);
  });

  it('that was good and fails later stays good, and is told once', () => {
    const { attempt, steps } = life(before, proven, failed, failed);
    expect(steps).toEqual(['started', 'good', 'failedLate']);
    expect(attempt).toMatchObject({ outcome: 'good', failedAt: 30, failure: 'health: KERNEL_INCIDENT' });
  });

  it.each([
    ['a failure and a proof', { ...before, ...proven, beforeAt: 10, failedAt: 30 }, 'failed'],
    ['a proof and an orderly end', { ...before, provenAt: 20, leftAt: 40 }, 'good'],
    ['an orderly end alone', { ...before, leftAt: 40 }, 'left'],
  ])('with %s in one reading is %s', (_, news, outcome) => {
    expect(life(news).attempt.outcome).toBe(outcome);
  });

  it.each([
    ['another release', { ...failed, release: 'lp-2' }],
    ['the other arm', { ...failed, control: true }],
  ])('takes nothing from news of %s', (_, forged) => {
    const known = life(before).attempt;
    expect(advance(known, forged, options)).toEqual({ attempt: known, steps: [] });
  });

  it('counts the same in whatever order its news come', () => {
    const all = fc.shuffledSubarray([before, proven, failed, left], { minLength: 1 });
    fc.assert(
      fc.property(all, (news) => {
        const { attempt, steps } = life(...news);
        const ends = steps.filter((step) => ['good', 'failed', 'left'].includes(step));
        expect(steps.filter((step) => step === 'started')).toHaveLength(news.includes(before) ? 1 : 0);
        expect(ends).toHaveLength(attempt.isCounted && news.length > 1 ? 1 : 0);
        expect(attempt.outcome).toBe(ends[0] ?? null);
      }),
    );
  });
});
