import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MaintenanceWindow } from './local-policy.ts';
import { millisecondsToWindow } from './maintenance-window.ts';

const minuteMs = 60_000;
const sunday = Date.UTC(2026, 10, 22);
const at = (day: number, hour: number, minute = 0): number => sunday + ((day * 24 + hour) * 60 + minute) * minuteMs;
const night: MaintenanceWindow = { days: [1, 2, 3, 4, 5], startMinute: 22 * 60, durationMinutes: 240 };

describe('a window from 22:00 to 02:00 on working days', () => {
  test.each([
    ['opens at its first minute', at(1, 22), 0],
    ['is open past midnight', at(2, 1, 59), 0],
    ['is open on Saturday morning, because it began on Friday', at(6, 1), 0],
    ['is shut from its last minute on', at(2, 2), 20 * 60 * minuteMs],
    ['is shut a minute before', at(1, 21, 59), minuteMs],
    ['is shut from Saturday to Monday', at(6, 22), 48 * 60 * minuteMs],
  ])('%s', (_, now, expected) => expect(millisecondsToWindow([night], now)).toBe(expected));
});

test('seconds are not rounded away', () => {
  expect(millisecondsToWindow([night], at(1, 21, 59) + 59_999)).toBe(1);
});

test('the nearest of several windows counts', () => {
  const noon: MaintenanceWindow = { days: [0], startMinute: 720, durationMinutes: 1 };
  expect(millisecondsToWindow([night, noon], at(0, 11))).toBe(60 * minuteMs);
});

test('a window without days never opens', () => {
  expect(millisecondsToWindow([{ ...night, days: [] }], sunday)).toBeUndefined();
  expect(millisecondsToWindow([], sunday)).toBeUndefined();
});

test('a window of a week is always open', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (now) => {
      expect(millisecondsToWindow([{ days: [3], startMinute: 5, durationMinutes: 10_080 }], now)).toBe(0);
    }),
  );
});

describe('time zones', () => {
  const berlin: MaintenanceWindow = { days: [0], startMinute: 180, durationMinutes: 60, timeZone: 'Europe/Berlin' };
  test('days and minutes are meant there', () => {
    expect(millisecondsToWindow([berlin], Date.UTC(2026, 10, 22, 2, 30))).toBe(0); // 03:30
    expect(millisecondsToWindow([berlin], Date.UTC(2026, 10, 22, 1, 30))).toBe(30 * minuteMs);
  });
  test('a change of the clocks in between is reckoned with', () => {
    // 2026-03-29: at 02:00 it becomes 03:00, so from Saturday 22:00 there are four hours to 03:00 and not five.
    expect(millisecondsToWindow([berlin], Date.UTC(2026, 2, 28, 21))).toBe(4 * 60 * minuteMs);
    // 2026-10-25: at 03:00 it becomes 02:00.
    expect(millisecondsToWindow([berlin], Date.UTC(2026, 9, 24, 20))).toBe(6 * 60 * minuteMs);
  });
  test('after the time that is named, the window is open', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_700_000_000_000, max: 1_900_000_000_000 }),
        fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata'),
        (now, timeZone) => {
          // 10:00 happens once on every day everywhere; by clock minutes, because Lord Howe shifts by thirty.
          const window: MaintenanceWindow = { days: [1, 4], startMinute: 600, durationMinutes: 60, timeZone };
          const wait = millisecondsToWindow([window], now) ?? Number.NaN;
          expect(millisecondsToWindow([window], now + wait)).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });
});

test.each([
  ['a day 7', { ...night, days: [7 as 0] }],
  ['minute 1440', { ...night, startMinute: 1440 }],
  ['no duration', { ...night, durationMinutes: 0 }],
  ['more than a week', { ...night, durationMinutes: 10_081 }],
  ['half a minute', { ...night, startMinute: 0.5 }],
  ['a time zone that is none', { ...night, timeZone: 'Middle/Earth' }],
])('refuses %s', (_, window) => {
  expect(() => millisecondsToWindow([window], sunday)).toThrow(expect.objectContaining({ code: 'OUT_OF_RANGE' }));
});
