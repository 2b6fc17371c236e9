/**
 * Columns of many rows as PostgreSQL array literals. `pg` writes arrays too, looking at each element in every way that it might be; at
 * thousands of rows a second that was the most expensive thing the process did.
 */

/** For `uuid[]`, `bigint[]`, `int[]`, `boolean[]` and what else is written without quotes. */
export function plainColumn<Row>(
  rows: readonly Row[],
  of: (row: Row) => string | number | boolean | null | undefined,
): string {
  return `{${rows.map((row) => of(row) ?? 'NULL').join(',')}}`;
}

/** For `text[]`, `json[]` and whatever else may hold anything. */
export function textColumn<Row>(rows: readonly Row[], of: (row: Row) => string | null | undefined): string {
  return `{${rows.map((row) => quote(of(row))).join(',')}}`;
}

function quote(value: string | null | undefined): string {
  if (value === null || value === undefined) return 'NULL';
  return /["\\]/.test(value) ? `"${value.replace(/["\\]/g, String.raw`\$&`)}"` : `"${value}"`;
}
