import type { KernelOptions } from './options.ts';

/** Options of {@link insertModule}. */
export interface InsertOptions extends KernelOptions {
  /** Module parameters, `name=value` separated by blanks; at most 4096 bytes, no NUL. */
  readonly params?: string;
  /**
   * How long the kernel may take to answer, in milliseconds, 1 to 3600000; default {@link defaultInsertDeadlineMs}. The
   * inserter is killed then and the name counts as stuck.
   */
  readonly deadlineMs?: number;
}

/** Default of {@link InsertOptions.deadlineMs}: far above the 17 s in which the kernel moves sleeping tasks by itself. */
export const defaultInsertDeadlineMs = 60_000;
