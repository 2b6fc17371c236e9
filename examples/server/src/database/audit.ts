import { announceChange } from '../changes/announce.ts';
import type { Sql } from './database.ts';

/** One act that changed what machines are told. */
export interface AuditRow {
  /** Epoch ms. */
  readonly at: number;
  /** `gate`, `server`, `token:NAME` or `user:NAME`. */
  readonly actor: string;
  readonly action: string;
  /** Key of the release, where it is about one. */
  readonly release: string | null;
  /** On what grounds: evidence, decision, what a person wrote. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * Writes an audit row and tells every server of it; in the transaction of the act, so that there is not one without the other.
 */
export async function appendAudit(sql: Sql, row: AuditRow): Promise<void> {
  const { at, actor, action, release } = row;
  const { rows } = await sql.query<{ seq: number }>(
    'insert into audit (at, actor, action, release, detail) values ($1, $2, $3, $4, $5) returning seq',
    [at, actor, action, release, JSON.stringify(row.detail)],
  );
  await announceChange(sql, { kind: 'act', seq: rows[0]?.seq ?? 0, at, actor, action, release });
}

/** The newest rows, newest first; `before` is the `seq` to go on from. */
export async function listAudit(
  sql: Sql,
  options: { release?: string | undefined; before?: number | undefined; limit: number },
): Promise<readonly (AuditRow & { seq: number })[]> {
  const { rows } = await sql.query<AuditRow & { seq: number }>(
    `select seq, at, actor, action, release, detail from audit
     where ($1::text is null or release = $1) and ($2::bigint is null or seq < $2) order by seq desc limit $3`,
    [options.release ?? null, options.before ?? null, options.limit],
  );
  return rows;
}
