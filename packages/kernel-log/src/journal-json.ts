import type { LogRecord } from './log-record.ts';

/** `-o json-seq` has this mark in front of each entry, `-o json-sse` the other. */
const marks = ['\u001e', 'data: '];

/**
 * Reads one entry of `journalctl -o json` (systemd.journal-fields(7)); `undefined` for any other line. The order of the
 * fields is the journal's own, so an entry is known by its braces and its message.
 */
export function parseJournalJson(line: string): LogRecord | undefined {
  const mark = marks.find((text) => line.startsWith(text)) ?? '';
  if (!line.startsWith('{"', mark.length) || !line.includes('"MESSAGE":')) return undefined;
  const json = line.slice(mark.length).trimEnd();
  const fields = json.endsWith('}') ? parseObject(json) : undefined;
  if (fields === undefined) return undefined;
  return {
    format: 'dmesg',
    facility: facilityOf(fields),
    level: numberOf(fields['PRIORITY']),
    seq: null,
    // Of a kernel's record the source's stamp is the kernel's own.
    timeUs: numberOf(fields['_SOURCE_MONOTONIC_TIMESTAMP']),
    caller: null,
    continuation: false,
    text: textOf(fields['MESSAGE']),
    fields: {},
  };
}

function parseObject(json: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/**
 * The journal itself writes `_TRANSPORT`: only what came over /dev/kmsg can be the kernel's, and there user space has
 * another facility than 0. What came another way has never a facility of 0, whatever it claims.
 */
function facilityOf(fields: Readonly<Record<string, unknown>>): number {
  const claimed = numberOf(fields['SYSLOG_FACILITY']) ?? 0;
  return fields['_TRANSPORT'] === 'kernel' || claimed > 0 ? claimed : 1;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : null;
}

/** A message that is no UTF-8 comes as an array of its bytes, one that is very long as `null`. */
function textOf(message: unknown): string {
  if (typeof message === 'string') return message;
  return Array.isArray(message) ? String.fromCharCode(...message.slice(0, 4096).map(Number)) : '';
}
