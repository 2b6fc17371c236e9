import { defaultHealthDelaysMs } from '@klpkit/pings';
import type { Schedule } from './ports.ts';

/** The schedule of a real machine: health at 0, 1, 5 and 15 minutes, a check an hour, a transition may take a minute. */
export const defaultSchedule: Schedule = {
  healthDelaysMs: defaultHealthDelaysMs,
  transitionDeadlineMs: 60_000,
  transitionPollMs: 250,
  transitionPingMs: 15_000,
  insertDeadlineMs: 60_000,
  beforePingMs: 5_000,
  checkIntervalMs: 3_600_000,
};

/**
 * The same schedule run `factor` times faster. Meant for tests and demonstrations on fake kernels.
 *
 * @example
 * ```ts
 * import { defaultSchedule, fasterSchedule } from '@klpkit/agent';
 *
 * fasterSchedule(defaultSchedule, 60).healthDelaysMs; // [0, 1000, 5000, 15000]
 * ```
 */
export function fasterSchedule(schedule: Schedule, factor: number): Schedule {
  const faster = (ms: number) => ms / factor;
  const [zero, one, two, three] = schedule.healthDelaysMs;
  return {
    healthDelaysMs: [faster(zero), faster(one), faster(two), faster(three)],
    transitionDeadlineMs: faster(schedule.transitionDeadlineMs),
    transitionPollMs: faster(schedule.transitionPollMs),
    transitionPingMs: faster(schedule.transitionPingMs),
    insertDeadlineMs: schedule.insertDeadlineMs,
    beforePingMs: schedule.beforePingMs,
    checkIntervalMs: faster(schedule.checkIntervalMs),
  };
}
