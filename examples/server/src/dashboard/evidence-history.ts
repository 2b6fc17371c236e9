import type { Evidence, GateDecision } from '@klpkit/rollout';
import type { Sql } from '../database/database.ts';

/** What was known of a release at one moment. */
export interface EvidencePoint extends Evidence {
  /** By the server's clock, epoch ms. */
  readonly at: number;
  readonly lnHalt: number;
  readonly lnAdvance: number;
}

/** Where the gate stands when {@link recordEvidence} is called. */
export interface EvidenceMoment {
  readonly release: string;
  readonly at: number;
  readonly evidence: Evidence;
  readonly decision: Pick<GateDecision, 'lnHalt' | 'lnAdvance'>;
}

/** Points in one answer: more than a chart has pixels to show apart. */
const maxPoints = 300;

/**
 * Keeps what the gate saw, unless no count grew by a hundredth since the last point. Called in the gate's transaction, so that the
 * history has what the gate decided on.
 */
export async function recordEvidence(sql: Sql, { release, at, evidence, decision }: EvidenceMoment): Promise<void> {
  const { n, failed, open } = evidence;
  if (n === 0) return;
  await sql.query(
    `insert into evidence_points as p (release, at, n, failed, open, ln_halt, ln_advance)
     select $1::text, $2::bigint, $3::bigint, $4::bigint, $5::bigint, $6::float8, $7::float8
     where not exists (
       select 1 from (select n, failed, open from evidence_points where release = $1 order by at desc limit 1) as last
       where $3 <= last.n * 1.01 and $4 <= last.failed * 1.01 and $3 - $5 <= (last.n - last.open) * 1.01)
     on conflict (release, at) do update set n = excluded.n, failed = excluded.failed, open = excluded.open,
       ln_halt = excluded.ln_halt, ln_advance = excluded.ln_advance`,
    [release, at, n, failed, open, decision.lnHalt, decision.lnAdvance],
  );
}

/** The history of a release in the order of time, thinned evenly where it is long; its last point always stays. */
export async function loadEvidence(sql: Sql, release: string): Promise<readonly EvidencePoint[]> {
  const { rows } = await sql.query<EvidencePoint>(
    `select at, n, failed, open, ln_halt as "lnHalt", ln_advance as "lnAdvance" from (
       select *, row_number() over (order by at) as place, count(*) over () as total from evidence_points where release = $1) as p
     where place % (1 + total / ${maxPoints}) = 0 or place in (1, total) order by at`,
    [release],
  );
  return rows;
}
