/**
 * When the health pings are due, counted from the moment the kernel had applied the patch, ms: at once, after 1, 5 and 15 minutes. Agents
 * take the schedule as an argument; this is what it is where nothing else was said.
 *
 * @example
 * ```ts
 * import { defaultHealthDelaysMs } from '@klpkit/pings';
 *
 * const soakMs = Math.max(...defaultHealthDelaysMs); // 900000
 * ```
 */
export const defaultHealthDelaysMs: readonly [0, 60_000, 300_000, 900_000] = [0, 60_000, 300_000, 900_000];
