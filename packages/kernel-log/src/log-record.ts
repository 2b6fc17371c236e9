/**
 * How a line of kernel log was written down.
 *
 * - `kmsg`: a record of /dev/kmsg, the only form that proves who wrote it
 * - `dmesg`: any text form: dmesg(1) in all its time formats, a console, a journal, a CI export
 */
export type LogFormat = 'kmsg' | 'dmesg';

/** One record of the kernel log. What the form of the line does not tell is `null`. */
export interface LogRecord {
  /** The form the line was read as. */
  readonly format: LogFormat;
  /** syslog facility; 0 is the kernel, and user space cannot write it to /dev/kmsg. */
  readonly facility: number | null;
  /** syslog level, 0 (emerg) to 7 (debug). */
  readonly level: number | null;
  /** Sequence number of /dev/kmsg: starts at 0 and has no gaps, so that a gap means lost records. */
  readonly seq: number | null;
  /** Time on the kernel's own clock, microseconds since boot; it stands still in suspend. */
  readonly timeUs: number | null;
  /** Who printed: `T<pid>` for a task, `C<cpu>` in interrupt context (CONFIG_PRINTK_CALLER). */
  readonly caller: string | null;
  /** The record is a fragment: the kernel flag `c`. */
  readonly continuation: boolean;
  /** The message, `\xNN` of /dev/kmsg undone; it may hold newlines. */
  readonly text: string;
  /** Dictionary lines of a /dev/kmsg record, such as SUBSYSTEM and DEVICE. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Options of {@link parseLogRecord}. */
export interface ParseLogRecordOptions {
  /** Read the line as this form only; by default the line itself tells. */
  readonly format?: 'auto' | LogFormat;
}
