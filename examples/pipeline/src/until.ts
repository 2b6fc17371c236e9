import { setTimeout as delay } from 'node:timers/promises';
import { PipelineStopped } from './steps.ts';

const patienceMs = 60_000;
const lookMs = 200;

/** Looks again and again until it holds; stops the pipeline where it does not in a minute. */
export async function until(look: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  const end = performance.now() + patienceMs;
  while (!(await look())) {
    if (performance.now() > end) throw new PipelineStopped(`nothing happened in ${patienceMs / 1000} s`);
    await delay(lookMs, undefined, { signal });
  }
}
