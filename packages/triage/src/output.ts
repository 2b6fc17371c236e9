import type { QueueEntry } from './queue-entry.ts';

const iso = (time: number | null): string => (time === null ? '' : new Date(time).toISOString());

/** Columns of the CSV, in order. */
const columns: Readonly<Record<string, (entry: QueueEntry) => string>> = {
  cve: ({ cve }) => cve,
  priority: ({ priority }) => priority,
  eligible: ({ eligible }) => String(eligible),
  reason: ({ reason }) => reason ?? '',
  effort: ({ effort }) => effort,
  deadline: ({ deadline }) => iso(deadline),
  overdue: ({ overdue }) => String(overdue),
  affected: ({ affected }) => affected.status,
  cvss: ({ score }) => (score === null ? '' : (score.baseTenths / 10).toFixed(1)),
  score: ({ estimate }) => String(estimate.score ?? ''),
  title: ({ title }) => title,
  message: ({ message }) => message,
  fixes: ({ fixCommits }) => fixCommits.join(' '),
  files: ({ files }) => files.join(' '),
};

/** A cell as RFC 4180 has it. One that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection). */
function cell(text: string): string {
  const safe = /^[\s"']*[=+\-@\t\r＝＋－＠|%]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== text || safe.trim() !== safe ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * The queue as CSV (RFC 4180, lines end in CR LF, the first names the columns), safe to open in a spreadsheet. Times are ISO 8601.
 *
 * @example
 * ```ts
 * import { queueToCsv } from '@klpkit/triage';
 *
 * const header = queueToCsv([]); // 'cve,priority,eligible,…\r\n'
 * ```
 */
export function queueToCsv(queue: readonly QueueEntry[]): string {
  const rows = queue.map((entry) => Object.values(columns).map((of) => cell(of(entry))));
  return [Object.keys(columns), ...rows].map((row) => `${row.join(',')}\r\n`).join('');
}

const shown: Readonly<Record<string, (entry: QueueEntry) => string>> = {
  CVE: ({ cve }) => cve,
  PRIORITY: ({ priority }) => priority,
  EFFORT: ({ effort }) => effort,
  DUE: ({ deadline, overdue }) => (deadline === null ? '-' : `${iso(deadline).slice(0, 10)}${overdue ? ' !' : ''}`),
  STATE: ({ reason, affected }) => reason ?? (affected.status === 'unknown' ? 'do (check: affected?)' : 'do'),
  TITLE: ({ title }) => title,
};

/**
 * The queue as a table for people, a line a CVE. `!` marks what is overdue.
 *
 * @example
 * ```ts
 * import { queueToTable } from '@klpkit/triage';
 *
 * const table = queueToTable([]);
 * ```
 */
export function queueToTable(queue: readonly QueueEntry[]): string {
  const rows = [Object.keys(shown), ...queue.map((entry) => Object.values(shown).map((of) => of(entry)))];
  const widths = Object.keys(shown).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
