import { RolloutError } from './error.ts';
import type { MaintenanceWindow } from './local-policy.ts';

const minuteMs = 60_000;
const dayMinutes = 1440;
const weekMinutes = 10_080;

/**
 * How long until one of the windows is open: 0 where one is, `undefined` where none ever will be.
 *
 * @throws RolloutError `OUT_OF_RANGE` where a window's numbers or its time zone are not valid.
 */
export function millisecondsToWindow(windows: readonly MaintenanceWindow[], now: number): number | undefined {
  let nearest: number | undefined;
  for (const window of windows) {
    const wait = waitFor(window, now);
    if (wait !== undefined && (nearest === undefined || wait < nearest)) nearest = wait;
  }
  return nearest;
}

function waitFor(window: MaintenanceWindow, now: number): number | undefined {
  checkWindow(window);
  const minute = minuteOfWeek(now, window.timeZone);
  let nearest: number | undefined;
  for (const day of window.days) {
    // Minutes since the last beginning on this day, by the wall clock; below the duration means inside.
    const since = (minute - (day * dayMinutes + window.startMinute) + weekMinutes) % weekMinutes;
    if (since < window.durationMinutes) return 0;
    const wait = weekMinutes - since;
    if (nearest === undefined || wait < nearest) nearest = wait;
  }
  return nearest === undefined ? undefined : correctForShift(now, minute, nearest, window.timeZone);
}

/** Where the clocks change between now and then, the wall clock's distance is not the real one. */
function correctForShift(now: number, minute: number, wait: number, timeZone: string | undefined): number {
  const atMinute = now - (now % minuteMs);
  const landed = minuteOfWeek(atMinute + wait * minuteMs, timeZone);
  const aimed = (minute + wait) % weekMinutes;
  const off = ((landed - aimed + weekMinutes + weekMinutes / 2) % weekMinutes) - weekMinutes / 2;
  return Math.max(minuteMs, (wait - off) * minuteMs) - (now % minuteMs);
}

function minuteOfWeek(time: number, timeZone: string | undefined): number {
  if (timeZone === undefined || timeZone === 'UTC') {
    const date = new Date(time);
    return date.getUTCDay() * dayMinutes + date.getUTCHours() * 60 + date.getUTCMinutes();
  }
  const parts = formatterOf(timeZone).formatToParts(time);
  const part = (type: string): string => parts.find((found) => found.type === type)?.value ?? '';
  return weekdays.indexOf(part('weekday')) * dayMinutes + Number(part('hour')) * 60 + Number(part('minute'));
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

function formatterOf(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  } catch (cause) {
    throw new RolloutError(
      'OUT_OF_RANGE',
      'A maintenance window names an unknown time zone: use an IANA name as Europe/Berlin.',
      {
        cause,
      },
    );
  }
}

function checkWindow(window: MaintenanceWindow): void {
  const { days, startMinute, durationMinutes } = window;
  const inRange = (value: number, low: number, high: number): boolean =>
    Number.isInteger(value) && value >= low && value <= high;
  if (
    days.every((day) => inRange(day, 0, 6)) &&
    inRange(startMinute, 0, dayMinutes - 1) &&
    inRange(durationMinutes, 1, weekMinutes)
  ) {
    return;
  }
  throw new RolloutError(
    'OUT_OF_RANGE',
    'A maintenance window begins on days 0 to 6 at minute 0 to 1439 and lasts 1 to 10080 minutes: correct the local policy.',
  );
}
