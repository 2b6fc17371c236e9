import { reduceSampleRatio, reduceTwoSample, startSampleRatio, startTwoSample } from '@klpkit/rollout';
import { describe, expect, it } from 'vitest';
import type { OutcomeCount } from './evidence.ts';
import { judge } from './judge.ts';
import type { GateStreams } from './streams.ts';

const policy = { p0: 0.01, pBad: 0.03, alpha: 0.01, beta: 0.05 };
const settings = { policy, baseline: 'rates' } as const;
const nothing: GateStreams = { sampleRatio: startSampleRatio, twoSample: startTwoSample, mismatchAt: null };

const counts = (change: Partial<OutcomeCount>): OutcomeCount => ({
  tier: 'stable',
  phase: 10_000_000,
  kernel: '6.1.0-56-amd64',
  arch: 'x86_64',
  cpuFamily: '',
  control: false,
  started: 0,
  good: 0,
  failed: 0,
  silent: 0,
  left: 0,
  failedLate: 0,
  ...change,
});

/** Streams in which this many patched machines began where one in ten should. */
const forged = (patched: number): GateStreams => {
  let { sampleRatio } = nothing;
  for (let machine = 0; machine < patched; machine += 1) sampleRatio = reduceSampleRatio(sampleRatio, 'patched', 0.1);
  return { ...nothing, sampleRatio };
};

describe('judge', () => {
  it('decides as the vectors of the gate say', () => {
    const decided = (started: number, failed: number, open: number) =>
      judge([counts({ started, failed, good: started - failed - open })], nothing, settings).decision;
    expect(decided(60, 4, 5)).toBe('hold');
    expect(decided(60, 5, 5)).toBe('halt');
    expect(decided(150, 0, 0)).toBe('advance');
    expect(decided(150, 0, 20)).toBe('hold');
  });

  it('takes machines that left in good order for neither good nor failed', () => {
    const left = [counts({ started: 150, good: 100, left: 50 })];
    expect(judge(left, nothing, settings)).toMatchObject({ decision: 'hold', tally: { left: 50, open: 0 } });
    expect(judge([counts({ started: 150, good: 150 })], nothing, settings).decision).toBe('advance');
  });

  it('pauses, and does no more, where they are more than the policy calls normal', () => {
    const strict = { policy: { ...policy, p0Left: 0.05 }, baseline: 'rates' } as const;
    const judged = (left: number, rest: Partial<OutcomeCount> = {}) =>
      judge([counts({ started: 40, good: 40 - left, left, ...rest })], nothing, strict);
    expect(judged(8)).toMatchObject({ cause: 'not-yet' });
    expect(judged(9)).toMatchObject({ decision: 'hold', cause: 'left', level: 'none' });
    expect(judged(40)).toMatchObject({ decision: 'hold', cause: 'left', level: 'none' });
    expect(judged(20, { good: 10, failed: 10 })).toMatchObject({ decision: 'halt', cause: 'harm' });
    const proven = counts({ started: 4000, good: 4000 });
    expect(judge([proven, counts({ control: true, started: 40, left: 40 })], nothing, strict).cause).toBe('proof');
  });

  it('does not count control machines as patched', () => {
    const control = counts({ control: true, started: 1000, failed: 500, good: 500 });
    expect(judge([control], nothing, settings)).toMatchObject({
      decision: 'hold',
      tally: { n: 0 },
      control: { n: 1000 },
    });
  });

  it('takes the word to advance away where the mix is wrong, from six machines on at one in ten', () => {
    const proven = [counts({ started: 500, good: 500 })];
    const judged = (patched: number) => judge(proven, forged(patched), settings);
    expect(judged(5)).toMatchObject({ decision: 'advance', cause: 'proof' });
    expect(judged(9)).toMatchObject({ decision: 'hold', cause: 'sample-ratio', level: 'none' });
  });

  it('does not let a wrong mix stop anything, nor keep harm from being seen', () => {
    expect(judge([counts({ started: 20 })], forged(500), settings)).toMatchObject({ decision: 'hold', level: 'none' });
    const harmed = [counts({ started: 20, failed: 10, good: 10 })];
    expect(judge(harmed, forged(500), settings)).toMatchObject({ decision: 'halt', cause: 'harm' });
  });

  it('holds failures against the control machines where it is told to', () => {
    const failure = { arm: 'patched', patched: 10, control: 90 } as const;
    const twoSample = [failure, failure, failure].reduce(reduceTwoSample, startTwoSample);
    const bad = [counts({ started: 10_000, good: 9_997, failed: 3 })];
    expect(judge(bad, { ...nothing, twoSample }, settings).decision).toBe('advance');
    const byControl = judge(bad, { ...nothing, twoSample }, { policy, baseline: 'control' });
    expect(byControl).toMatchObject({ decision: 'halt', cause: 'harm' });
    expect(byControl.lnHalt).toBeCloseTo(5.483099349870892, 9);
    const mean = judge(bad, { ...nothing, twoSample }, { policy, baseline: 'both' }).lnHalt;
    expect(mean).toBeCloseTo(5.483099349870892 - Math.LN2, 6);
  });

  it('tells processor families apart where the policy names them', () => {
    const strata = { 'amd-25': 0.5, '*': 0.5 };
    const split = [
      counts({ cpuFamily: 'intel-6', started: 3000, good: 3000 }),
      counts({ cpuFamily: 'amd-25', started: 10, failed: 4, good: 6 }),
    ];
    expect(judge(split, nothing, settings).decision).toBe('advance');
    expect(judge(split, nothing, { policy: { ...policy, strata }, baseline: 'rates' }).decision).toBe('halt');
  });
});
