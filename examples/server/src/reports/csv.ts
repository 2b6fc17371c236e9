import { stringify } from 'csv-stringify/sync';

/**
 * Rows as CSV (RFC 4180) with a header. What a spreadsheet would take for a formula gets an apostrophe in front, so that it stays text:
 * tiers, titles and reasons are words of whoever sends pings.
 */
export function toCsv<Row extends object>(rows: readonly Row[], columns: readonly (keyof Row & string)[]): string {
  return stringify([...rows], {
    header: true,
    columns: [...columns],
    escape_formulas: true,
    record_delimiter: 'windows',
    cast: { boolean: String },
  });
}
