import type { Clock } from './options.ts';

/** Says when the threads are worth a look, so that looking stays cheap. */
export interface BlockedTasksSchedule {
  /** Whether the next look is due. */
  due(): boolean;
  /** Runs the look and plans the next one by what it cost. */
  run<T>(look: () => Promise<T>): Promise<T>;
}

/** First look after the start: most transitions end before. */
const firstLookMs = 250;

/** Longest time between two looks, the cost bound apart. */
const maxLookStepMs = 10_000;

/** A look that costs t is not repeated within 200 t: half a percent of a core. */
const costFactor = 200;

/** A schedule of looks in steps that grow by half of the time waited. */
export function createSchedule(clock: Clock, startMs: number): BlockedTasksSchedule {
  let nextMs = Math.max(startMs + firstLookMs, clock.now());
  return {
    due: () => clock.now() >= nextMs,
    run: async (look) => {
      const beforeMs = clock.now();
      const result = await look();
      const afterMs = clock.now();
      const stepMs = Math.min(Math.max(firstLookMs, (afterMs - startMs) / 2), maxLookStepMs);
      nextMs = afterMs + Math.max(stepMs, (afterMs - beforeMs) * costFactor);
      return result;
    },
  };
}
