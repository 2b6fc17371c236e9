import { type Clock, systemClock } from '@klpkit/kernel';
import type { AgentRandom, Schedule } from './ports.ts';
import { defaultSchedule } from './schedule.ts';

/** Time and chance, as the options give them or as the system has them. */
export interface TimeAndChance {
  readonly clock: Clock;
  readonly random: AgentRandom;
  readonly schedule: Schedule;
  readonly epochMs: () => number;
}

const systemRandom: AgentRandom = { uuid: () => crypto.randomUUID(), fraction: () => Math.random() };

/** The options' own, else the system's. */
export function timeAndChanceOf(options: Partial<TimeAndChance>): TimeAndChance {
  const { clock = systemClock, random = systemRandom, schedule = defaultSchedule, epochMs = Date.now } = options;
  return { clock, random, schedule, epochMs };
}
