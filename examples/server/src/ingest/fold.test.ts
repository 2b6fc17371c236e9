import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldPings, type LoggedPing } from './fold.ts';

let clock = 0;
function logged(kind: LoggedPing['kind'], change: Partial<LoggedPing> = {}): LoggedPing {
  clock += 1;
  return {
    attempt_id: 'a',
    kind,
    release: 'lp-1',
    kernel: 'k',
    arch: 'x86_64',
    tier: 't',
    late: false,
    received_at: clock,
    detail: {},
    ...change,
  };
}

describe('foldPings', () => {
  it('makes one entry an attempt, and none of what the gate does not ask for', () => {
    const news = foldPings(
      [logged('before'), logged('transition'), logged('check'), logged('after'), logged('before', { attempt_id: 'b' })],
      3,
    );
    expect(news.map(({ attemptId, provenAt, failedAt }) => [attemptId, provenAt, failedAt])).toEqual([
      ['a', null, null],
      ['b', null, null],
    ]);
  });

  it.each([
    ['after', 'after', {}, true],
    ['after', 3, {}, false],
    ['health', 3, { index: 2 }, false],
    ['health', 3, { index: 3 }, true],
    ['health', 1, { index: 3 }, true],
    ['health', 'after', { index: 0 }, true],
    ['control-after', 3, { healthy: true }, true],
  ] as const)('takes %s for proof where it is asked for %s: %o is %s', (kind, provenBy, detail, isProof) => {
    const [one] = foldPings([logged(kind, { detail })], provenBy);
    expect(one?.provenAt !== undefined && one.provenAt !== null).toBe(isProof);
  });

  it('lets failure stand beside proof, and says what failed', () => {
    const pings = [
      logged('health', { detail: { index: 3 } }),
      logged('error', { detail: { phase: 'health', code: 'KERNEL_FAULT' } }),
    ];
    expect(foldPings(pings, 3)).toMatchObject([
      { provenAt: expect.any(Number), failedAt: expect.any(Number), failure: 'health: KERNEL_FAULT' },
    ]);
  });

  it('says the same whatever the order within a batch', () => {
    const pings = [
      logged('before'),
      logged('error', { release: 'lp-2', detail: { phase: 'insert', code: 'X' } }),
      logged('health', { detail: { index: 3 } }),
      logged('control-after', { detail: { healthy: false } }),
    ];
    const expected = foldPings(pings, 3);
    expect(expected).toMatchObject([{ release: 'lp-1', control: false, failedAt: null }]);
    fc.assert(
      fc.property(fc.shuffledSubarray(pings, { minLength: pings.length }), (shuffled) => {
        expect(foldPings(shuffled, 3)).toEqual(expected);
      }),
    );
  });
});
