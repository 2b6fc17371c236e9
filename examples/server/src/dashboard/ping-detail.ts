/**
 * A text out of a ping's detail. The schema of pings has checked it; what an older version of it let in may lack the field. PostgreSQL's
 * text and jsonb hold every character but U+0000.
 */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value.replaceAll('\0', '') : '';
}

/** A list out of a ping's detail; empty where there is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
