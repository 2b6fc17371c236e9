import type { Sql } from './database.ts';

/** One act that changed what machines are told. */
export interface AuditRow {
  /** Epoch ms. */
  readonly at: number;
  /** `gate`, `server`, or `token:NAME`. */
  readonly actor: string;
  readonly action: string;
  /** Key of the release, where it is about one. */
  readonly release: string | null;
  /** On what grounds: evidence, decision, what a person wrote. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Writes an audit row; in the transaction of the act, so that there is not one without the other. */
export async function appendAudit(sql: Sql, row: AuditRow): Promise<void> {
  await sql.query('insert into audit (at, actor, action, release, detail) values ($1, $2, $3, $4, $5)', [
    row.at,
    row.actor,
    row.action,
    row.release,
    JSON.stringify(row.detail),
  ]);
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
