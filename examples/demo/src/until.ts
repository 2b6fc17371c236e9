import { setTimeout as sleep } from 'node:timers/promises';

/** How long a phase of the demo may take before it counts as failed. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 50;

/** Looks again and again until it is true; false when the patience is over. */
export async function until(look: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    if (await look()) return true;
    await sleep(LOOK_MS, undefined, { signal });
  }
  return false;
}
