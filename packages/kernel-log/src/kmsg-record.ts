import type { LogRecord } from './log-record.ts';
import { unescapeKmsg } from './unescape.ts';

/** Prefix, sequence number, microseconds, flags, and whatever fields a later kernel adds before the semicolon. */
const header = /^(\d{1,10}),(\d{1,16}),(\d{1,16}),([^,;]{0,8})((?:,[^,;]{0,64}){0,16});/;

/** Only the start of a line is looked at: a header is short whatever the line's length. */
const maxHeaderLength = 1200;

/** One continuation line of a record: a blank, a key, a value. */
const dictionaryLine = /^ ([A-Za-z_][A-Za-z0-9_]{0,63})=([^]*)$/;

/** Tells a /dev/kmsg record from text by its header. */
export function looksLikeKmsg(line: string): boolean {
  const first = line.charCodeAt(0);
  return first >= 48 && first <= 57 && header.test(line.slice(0, maxHeaderLength));
}

/** Reads a record as Documentation/ABI/testing/dev-kmsg describes it: unknown fields are skipped, dictionary lines kept. */
export function parseKmsgRecord(line: string): LogRecord | undefined {
  const match = header.exec(line.slice(0, maxHeaderLength));
  if (match === null) return undefined;
  const [whole, prefix, seq, timeUs, flags, rest] = match;
  const priority = Number(prefix);
  const seqNumber = Number(seq);
  if (!Number.isSafeInteger(seqNumber)) return undefined;
  const newline = line.indexOf('\n', whole.length);
  const text = line.slice(whole.length, newline === -1 ? undefined : newline);
  return {
    format: 'kmsg',
    facility: Math.floor(priority / 8),
    level: priority % 8,
    seq: seqNumber,
    timeUs: Number(timeUs),
    caller: callerOf(rest ?? ''),
    // Old kernels mark the further fragments of a line with '+'.
    continuation: flags === 'c' || flags === '+',
    text: unescapeKmsg(text.endsWith('\r') ? text.slice(0, -1) : text),
    fields: newline === -1 ? {} : dictionaryOf(line.slice(newline + 1)),
  };
}

function callerOf(fields: string): string | null {
  return /,caller=([TC]\d{1,10})(?=,|$)/.exec(fields)?.[1] ?? null;
}

function dictionaryOf(lines: string): Record<string, string> {
  const entries: [string, string][] = [];
  for (const line of lines.split('\n', 64)) {
    const match = dictionaryLine.exec(line);
    if (match?.[1] !== undefined) entries.push([match[1], unescapeKmsg(match[2] ?? '')]);
  }
  return Object.fromEntries(entries);
}
