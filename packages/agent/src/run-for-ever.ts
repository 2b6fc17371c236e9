import type { TimeAndChance } from './port-defaults.ts';
import type { AbortOptions, Agent } from './ports.ts';

/** Checks of a fleet are spread over this share of the interval, so that they do not come all at once. */
const JITTER = 0.2;

/** A server that says "ask again in a moment" is not asked more often than this share of the interval. */
const SHORTEST = 0.1;

/** Start, then one check after another, with jitter. */
export async function runForEver(
  agent: Agent,
  { schedule, random, clock }: TimeAndChance,
  stop: AbortOptions,
): Promise<never> {
  const { checkIntervalMs } = schedule;
  await agent.start(stop);
  for (;;) {
    const state = await agent.check(stop);
    const askedMs = state.kind === 'held' ? (state.retryAfterMs ?? checkIntervalMs) : checkIntervalMs;
    const spread = 1 - JITTER / 2 + JITTER * random.fraction();
    const waitMs = Math.min(Math.max(askedMs, checkIntervalMs * SHORTEST), checkIntervalMs);
    await clock.sleep(waitMs * spread, stop.signal);
  }
}
