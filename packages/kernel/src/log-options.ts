import type { KernelOptions } from './options.ts';

/** Records that were overwritten before they could be read. */
export interface LogGap {
  /** First sequence number that was wanted and not found. */
  readonly fromSeq: number;
  /** Sequence number of the oldest record left. */
  readonly toSeq: number;
}

/** Options of {@link readKernelLog}. */
export interface ReadKernelLogOptions extends KernelOptions {
  /** `oldest` (default): all that the ring holds. `now`: only what comes from here on. `{ seq }`: that record and later ones. */
  readonly from?: 'oldest' | 'now' | { readonly seq: number };
  /** Wait for further records; ends by `break` or `signal`. Default false: ends at the newest record. */
  readonly follow?: boolean;
  /** Told of lost records. Without it, a loss throws `LOG_OVERRUN`: evidence that is gone must not look like evidence that was clean. */
  readonly onGap?: (gap: LogGap) => void;
  /** Longest wait between two looks while following, in milliseconds, 1 to 10000; default 200. */
  readonly intervalMs?: number;
}
