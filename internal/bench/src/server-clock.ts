/** How late a call may be; below what timers can do. */
const tickMs = 2;

/**
 * Calls once a period, by the clock: what a busy moment delayed is made up for, so that the rate is what was asked for whatever the
 * answers take.
 */
export function everyPeriod(periodMs: number, signal: AbortSignal, call: (index: number, dueAt: number) => void): void {
  const begunAt = performance.now();
  let calls = 0;
  const timer = setInterval(() => {
    while (begunAt + calls * periodMs <= performance.now()) {
      call(calls, begunAt + calls * periodMs);
      calls += 1;
    }
  }, tickMs);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
