import type { LogRecord, ParseLogRecordOptions } from './log-record.ts';

/**
 * Reads one record: what one read of /dev/kmsg gives (with its dictionary lines), or one line of a text form.
 * `undefined` for what is not a record: a dictionary line alone, a malformed prefix in `kmsg` format, an empty line.
 *
 * @example
 * ```ts
 * import { parseLogRecord } from '@klpkit/kernel-log';
 *
 * const record = parseLogRecord("5,1024,8345021,-;livepatch: 'fix_1': patching complete");
 * console.log(record?.facility, record?.level, record?.seq, record?.text);
 * ```
 */
export function parseLogRecord(line: string, options: ParseLogRecordOptions = {}): LogRecord | undefined {
  void line;
  void options;
  return undefined;
}
