/**
 * Upper bounds of everything in a ping that can grow. A sender cuts to them, a receiver refuses what is above. The largest ping possible is
 * below 128 KiB of JSON.
 *
 * @example
 * ```ts
 * import { pingLimits } from '@klpkit/pings';
 *
 * const line = 'BUG: unable to handle page fault'.slice(0, pingLimits.lineLength);
 * ```
 */
export const pingLimits = {
  /** Pings in one batch. */
  batch: 256,
  /** Characters of a kernel line, an incident's title or a line of its trace. */
  lineLength: 256,
  /** Incidents in one error ping. */
  incidents: 8,
  /** Lines of one incident's trace. */
  traceLines: 24,
  /** Names of stalled tasks in one error ping. */
  stalledTasks: 32,
  /** Characters of a task's name: the kernel's own limit with a worker's description (`WORKER_DESC_LEN`, kernel/workqueue.c). */
  taskNameLength: 64,
  /** Longest duration that a ping may carry, ms: 10 years, more is a broken clock. */
  durationMs: 315_360_000_000,
} as const;
