import { defaultSchedule, type Schedule } from '@klpkit/agent';
import { type RolloutPlan, defaultPlan } from '@klpkit/rollout';
import type { DemoPhase } from './good-release.ts';

/** The soak of a phase, in place of the default plan's half day. */
export const SOAK_MS = 300;

/** How often a machine of the fleet checks, in place of once an hour. */
export const CHECK_INTERVAL_MS = 1500;

/** The tiers updates and stable of the default plan, with short soaks; an operator opens every phase. */
export const demoPlan: RolloutPlan = {
  tiers: defaultPlan.tiers
    .filter(({ tier }) => tier === 'updates' || tier === 'stable')
    .map((tier) => ({ ...tier, phases: tier.phases.map((phase) => ({ ...phase, minSoakMs: SOAK_MS })) })),
};

/** The plan's phases in their order. */
export const demoPhases: readonly DemoPhase[] = demoPlan.tiers.flatMap(({ tier, phases }) =>
  phases.map(({ microPercent }) => ({ tier, microPercent })),
);

/** The client's own schedule with everything that is waited for made faster; deadlines stay long enough for a busy machine. */
export function demoSchedule(speed: number): Schedule {
  const [zero, one, two, three] = defaultSchedule.healthDelaysMs;
  return {
    ...defaultSchedule,
    healthDelaysMs: [zero / speed, one / speed, two / speed, three / speed],
    transitionPollMs: 50,
    transitionDeadlineMs: 20_000,
    checkIntervalMs: CHECK_INTERVAL_MS,
  };
}

/** By how much the demo is faster than a real fleet, in one sentence each. */
export function describeSpeed(speed: number): string {
  const delays = demoSchedule(speed).healthDelaysMs.map((ms) => Number((ms / 1000).toFixed(2)));
  const times = Math.round(defaultSchedule.checkIntervalMs / CHECK_INTERVAL_MS);
  return [
    `Health checks come at ${delays.join(', ')} s after the application instead of 0, 1, 5, 15 min: ${speed} times faster.`,
    `Machines check every ${CHECK_INTERVAL_MS / 1000} s instead of every hour: ${times} times faster. Phases soak ${SOAK_MS / 1000} s instead of 12 to 24 h.`,
  ].join('\n');
}
