import { parseJournalJson } from './journal-json.ts';
import { looksLikeKmsg, parseKmsgRecord } from './kmsg-record.ts';
import type { LogRecord, ParseLogRecordOptions } from './log-record.ts';
import { parseTextRecord } from './text-record.ts';

/**
 * Reads one record: what one read of /dev/kmsg gives (with its dictionary lines), or one line of a text form: dmesg(1) in
 * all its time formats, a console, a journal. `undefined` for what is not a record: an empty line, and in `kmsg` format a
 * malformed header or a dictionary line alone.
 *
 * A text form does not prove who wrote it. The facility of a journal line that another program than `kernel` wrote is
 * given as 1, what user processes have.
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
  const format = options.format ?? 'auto';
  if (format === 'kmsg' || (format === 'auto' && looksLikeKmsg(line))) return parseKmsgRecord(line);
  return parseJournalJson(line) ?? parseTextRecord(line);
}
