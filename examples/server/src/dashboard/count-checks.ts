import type { Sql } from '../database/database.ts';
import type { LoggedPing } from '../ingest/fold.ts';
import { textOf } from './ping-detail.ts';
import { sumWithin } from './sum-within.ts';

/** Different reasons of one release that are kept apart. */
const maxReasons = 100;
const otherReasons = 'others';

interface CheckEnd {
  /** Empty where the check was offered none. */
  readonly release: string;
  readonly tier: string;
  readonly outcome: string;
  readonly reason: string;
  readonly at: number;
}

const keyOf = ({ release, tier, outcome, reason }: Omit<CheckEnd, 'at'>): string =>
  JSON.stringify([release, tier, outcome, reason]);

/** Counts what checks ended in, and why. Called by the tally in its transaction, of which there is one at a time. */
export async function countChecks(sql: Sql, pings: readonly LoggedPing[]): Promise<void> {
  const checks = pings.flatMap(checkOf);
  if (checks.length === 0) return;
  const { rows: known } = await sql.query<Omit<CheckEnd, 'at'>>(
    'select release, tier, outcome, reason from check_counts where release = any($1::text[])',
    [[...new Set(checks.map(({ release }) => release))]],
  );
  const other = (one: CheckEnd): CheckEnd => ({ ...one, reason: otherReasons });
  const sums = sumWithin(checks, { keyOf, known, max: maxReasons, other });
  const column = (of: (end: CheckEnd) => unknown): unknown[] => sums.map(({ first }) => of(first));
  await sql.query(
    `insert into check_counts as c (release, tier, outcome, reason, checks, last_at)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[])
     on conflict (release, tier, outcome, reason)
     do update set checks = c.checks + excluded.checks, last_at = greatest(c.last_at, excluded.last_at)`,
    [
      column(({ release }) => release),
      column(({ tier }) => tier),
      column(({ outcome }) => outcome),
      column(({ reason }) => reason),
      sums.map(({ count }) => count),
      sums.map(({ lastAt }) => lastAt),
    ],
  );
}

function checkOf({ kind, release, tier, detail, received_at: at }: LoggedPing): CheckEnd[] {
  if (kind !== 'check') return [];
  return [{ release: release ?? '', tier, outcome: textOf(detail['outcome']), reason: textOf(detail['reason']), at }];
}
