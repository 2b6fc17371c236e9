import { describe, expect, test } from 'vitest';
import { type Eligibility, eligibilityOf, type Subject } from './eligibility.ts';
import type { LocalPolicy } from './local-policy.ts';
import { nodeIdOf } from './node-id.ts';
import { parseRollout, type Rollout } from './rollout.ts';

// Stands at 39.42 % of lp-6.8.0-45.1.
const nodeId = nodeIdOf('0102030405060708090a0b0c0d0e0f10', 'f03daaeb1c334b43a732172944bf772e');
const monday = Date.UTC(2026, 10, 23, 12, 0);
const rollout = (microPercent: number, more: Partial<Rollout> = {}): Rollout => ({
  release: 'lp-6.8.0-45.1',
  paused: false,
  tiers: [{ tier: 'updates', microPercent }],
  ...more,
});
const ask = (subject: Partial<Subject>, state: Rollout): Eligibility =>
  eligibilityOf({ nodeId, tier: 'updates', ...subject }, state, monday);
const closed: LocalPolicy = { windows: [{ days: [2], startMinute: 120, durationMinutes: 60 }] };

describe('the order of the questions', () => {
  // Everything speaks against it; each line takes the topmost reason away.
  const paused = rollout(10_000_000, { paused: true });
  test.each<[string, Partial<Subject>, Rollout, Eligibility]>([
    ['never', { policy: { ...closed, never: true, always: true } }, paused, { eligible: false, reason: 'never' }],
    [
      'maintenance window',
      { policy: { ...closed, always: true } },
      paused,
      { eligible: false, reason: 'outside-window', retryAfterMs: 14 * 3_600_000 },
    ],
    ['pause', { policy: { always: true } }, paused, { eligible: false, reason: 'paused' }],
    [
      'tier',
      { tier: 'stable', policy: { always: true } },
      rollout(10_000_000),
      { eligible: false, reason: 'tier-not-reached' },
    ],
    ['phase', {}, rollout(10_000_000), { eligible: false, reason: 'not-in-phase' }],
    ['always skips the phase', { policy: { always: true } }, rollout(10_000_000), { eligible: true }],
    ['its turn', {}, rollout(40_000_000), { eligible: true }],
  ])('%s', (_, subject, state, expected) => expect(ask(subject, state)).toEqual(expected));
});

describe('percentages', () => {
  test('0 % is nobody', () => expect(ask({}, rollout(0))).toMatchObject({ reason: 'not-in-phase' }));
  test('100 % is everybody, with and without an id', () => {
    expect(ask({}, rollout(100_000_000))).toEqual({ eligible: true });
    expect(ask({ nodeId: undefined }, rollout(100_000_000))).toEqual({ eligible: true });
  });
  test('a machine without an id is the last', () => {
    expect(ask({ nodeId: undefined }, rollout(99_999_999))).toEqual({ eligible: false, reason: 'no-machine-id' });
    expect(ask({ nodeId: undefined, policy: { always: true } }, rollout(1))).toEqual({ eligible: true });
  });
  test('a share out of range is no share', () => {
    expect(() => ask({}, rollout(100_000_001))).toThrow(expect.objectContaining({ code: 'OUT_OF_RANGE' }));
  });
});

test('says when the next phase may begin', () => {
  const until = (nextPhaseAt: number): Eligibility =>
    ask({}, rollout(0, { tiers: [{ tier: 'updates', microPercent: 10_000_000, nextPhaseAt }] }));
  expect(until(monday + 5000)).toEqual({ eligible: false, reason: 'not-in-phase', retryAfterMs: 5000 });
  expect(until(monday - 5000)).toEqual({ eligible: false, reason: 'not-in-phase' });
});

test('no window is no time, an empty list of windows none', () => {
  expect(ask({ policy: { windows: [] } }, rollout(100_000_000))).toEqual({ eligible: false, reason: 'outside-window' });
  expect(ask({ policy: {} }, rollout(100_000_000))).toEqual({ eligible: true });
});

describe('parseRollout', () => {
  const json = { release: 'lp-6.1-3', paused: false, tiers: [{ tier: 'internal', microPercent: 100_000_000 }] };
  test('takes one, and one without tiers', () => {
    expect(parseRollout(json)).toEqual(json);
    expect(parseRollout({ ...json, tiers: [] }).tiers).toEqual([]);
  });
  test.each([
    ['nothing', undefined],
    ['an unknown field', { ...json, minVersion: 2 }],
    ['no release key', { ...json, release: 'lp' }],
    ['paused as text', { ...json, paused: 'false' }],
    ['a tier twice', { ...json, tiers: [json.tiers[0], json.tiers[0]] }],
    ['more than everybody', { ...json, tiers: [{ tier: 'a', microPercent: 100_000_001 }] }],
    ['a decimal', { ...json, tiers: [{ tier: 'a', microPercent: 0.5 }] }],
    ['too many tiers', { ...json, tiers: Array.from({ length: 33 }, (_, i) => ({ tier: `t${i}`, microPercent: 0 })) }],
  ])('refuses %s', (_, value) => {
    expect(() => parseRollout(value)).toThrow(expect.objectContaining({ code: 'MALFORMED_ROLLOUT' }));
  });
});
