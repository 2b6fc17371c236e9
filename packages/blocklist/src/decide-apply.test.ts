import { describe, expect, test } from 'vitest';
import type { BlockAction, BlockEntry, Blocklist } from './blocklist.ts';
import { type ApplyMoment, decideApply, decideLoaded, defaultStaleReapplyMs } from './decide-apply.ts';
import { block, emptyBlocklist } from './edit-blocklist.ts';
import { localEntry } from './local-entry.ts';

const dayMs = 86_400_000;
const subject = { release: 'lp-6.1-3', sha256: 'ab'.repeat(32), kernel: '6.1.0-50-cloud-amd64' };
const entry = (change: Partial<BlockEntry> = {}): BlockEntry => ({
  release: subject.release,
  sha256: null,
  kernels: '*',
  action: 'no-apply',
  reason: 'gate',
  since: 0,
  ...change,
});
const clear = emptyBlocklist(0, { lifetimeMs: 3 * dayMs });
const blocked = (change: Partial<BlockEntry> = {}): Blocklist => block(clear, entry(change), 0);
const moments: readonly ApplyMoment[] = ['offer', 'first-apply', 're-apply'];
const allowed = (list: Blocklist | undefined, when: ApplyMoment, now = dayMs): boolean =>
  decideApply(list, subject, when, now).allowed;

describe('an action and a moment', () => {
  test.each<[BlockAction, readonly boolean[], 'leave' | 'disable']>([
    ['no-offer', [false, true, true], 'leave'],
    ['no-apply', [false, false, false], 'leave'],
    ['disable', [false, false, false], 'disable'],
  ])('%s', (action, expected, loaded) => {
    expect(moments.map((when) => allowed(blocked({ action }), when))).toEqual(expected);
    expect(decideLoaded(blocked({ action }), subject).action).toBe(loaded);
  });
  test('nothing blocked', () => {
    for (const when of moments)
      expect(decideApply(clear, subject, when, dayMs)).toEqual({ allowed: true, reason: 'not-blocked' });
    expect(decideLoaded(clear, subject)).toEqual({ action: 'leave' });
    expect(decideLoaded(undefined, subject)).toEqual({ action: 'leave' });
  });
  test('says by which entry', () => {
    expect(decideApply(blocked(), subject, 'first-apply', 1)).toEqual({
      allowed: false,
      reason: 'blocked',
      entry: entry(),
    });
  });
});

describe('an entry speaks of', () => {
  test.each<[string, Partial<BlockEntry>, boolean]>([
    ['the key', {}, true],
    ['another key', { release: 'lp-6.1-4' }, false],
    ['a re-roll, which is another release', { release: 'lp-6.1-3#1' }, false],
    ['the same bytes under another key', { release: 'x-1', sha256: subject.sha256 }, true],
    ['the same key with other bytes', { sha256: 'cd'.repeat(32) }, true],
    ['this kernel', { kernels: ['6.1.0-49-cloud-amd64', subject.kernel] }, true],
    ['other kernels', { kernels: ['6.1.0-49-cloud-amd64'] }, false],
  ])('%s', (_, change, isBlocked) => expect(allowed(blocked(change), 'first-apply')).toBe(!isBlocked));
});

test('without a kernel and a digest, what is blocked anywhere by key is blocked', () => {
  const list = blocked({ kernels: ['6.1.0-49-cloud-amd64'] });
  expect(decideApply(list, { ...subject, sha256: null, kernel: null }, 'offer', 1).reason).toBe('blocked');
  expect(decideApply(list, { release: 'x-1', sha256: null, kernel: null }, 'offer', 1).allowed).toBe(true);
  expect(localEntry({ ...subject, kernel: null }, 1).kernels).toBe('*');
});

describe('a list that has run out', () => {
  const end = 3 * dayMs;
  const limit = end + defaultStaleReapplyMs;
  test.each<[ApplyMoment, number, boolean, string]>([
    ['offer', end - 1, true, 'not-blocked'],
    ['offer', end, false, 'stale'],
    ['first-apply', end - 1, true, 'not-blocked'],
    ['first-apply', end, false, 'stale'],
    ['re-apply', end - 1, true, 'not-blocked'],
    ['re-apply', end, true, 'stale-but-ran-healthy'],
    ['re-apply', limit - 1, true, 'stale-but-ran-healthy'],
    ['re-apply', limit, false, 'stale-too-long'],
  ])('%s at %d', (when, now, isAllowed, reason) => {
    expect(decideApply(clear, subject, when, now)).toEqual({ allowed: isAllowed, reason });
  });
  test('still forbids what it forbids, and still disables', () => {
    for (const when of moments)
      expect(decideApply(blocked({ action: 'disable' }), subject, when, 99 * dayMs)).toMatchObject({
        reason: 'blocked',
      });
    expect(decideLoaded(blocked({ action: 'disable' }), subject).action).toBe('disable');
  });
  test('never unloads anything', () => expect(decideLoaded(clear, subject)).toEqual({ action: 'leave' }));
  test('has its own bound where the tier has one', () => {
    const options = { staleReapplyMs: dayMs };
    expect(decideApply(clear, subject, 're-apply', end + dayMs - 1, options).allowed).toBe(true);
    expect(decideApply(clear, subject, 're-apply', end + dayMs, options).reason).toBe('stale-too-long');
    expect(decideApply(clear, subject, 're-apply', end, { staleReapplyMs: 0 }).reason).toBe('stale-too-long');
  });
  test('does not become fresh by a clock that is set back', () => {
    expect(decideApply(clear, subject, 'first-apply', 0, { newestIssued: 10 * dayMs }).reason).toBe('stale');
  });
});

test('no list at all forbids everything', () => {
  for (const when of moments)
    expect(decideApply(undefined, subject, when, 0)).toEqual({ allowed: false, reason: 'no-list' });
});

describe('after a crash', () => {
  test.each(moments)('%s is closed, however fresh the list', (when) => {
    expect(decideApply(clear, subject, when, 1, { lastBootCrashed: true })).toEqual({
      allowed: false,
      reason: 'crashed-here',
    });
  });
  test("the crash guard's entry forbids it on this machine, without any list", () => {
    const own = localEntry(subject, 5);
    expect(decideApply(undefined, subject, 're-apply', 9, { local: [own] })).toEqual({
      allowed: false,
      reason: 'blocked-here',
      entry: own,
    });
    expect(
      decideApply(clear, { ...subject, kernel: '6.1.0-51-cloud-amd64' }, 'first-apply', 9, { local: [own] }).allowed,
    ).toBe(true);
    expect(
      decideApply(clear, { ...subject, release: 'other-1', sha256: 'cd'.repeat(32) }, 'first-apply', 9, {
        local: [own],
      }).allowed,
    ).toBe(true);
  });
});
