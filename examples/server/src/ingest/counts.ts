import type { Sql } from '../database/database.ts';
import type { LoggedPing } from './fold.ts';

const group = 'release, tier, phase, kernel, arch, control';

/** Marks the attempts whose before-ping is known as begun, once each. Returns the releases whose counts changed. */
export function countStarted(sql: Sql, ids: readonly unknown[]): Promise<string[]> {
  return count(
    sql,
    `with changed as (
       update attempts set is_counted = true where attempt_id = any($1::uuid[]) and before_at is not null and not is_counted returning *)
     insert into outcome_counts as c (${group}, started) select ${group}, count(*) from changed group by ${group}
     on conflict (${group}) do update set started = c.started + excluded.started returning release`,
    [ids],
  );
}

/** Decides the attempts that are proven or failed, once each: an outcome is never changed afterwards. */
export function countDecided(sql: Sql, options: { ids: readonly unknown[]; now: number }): Promise<string[]> {
  return count(
    sql,
    `with changed as (
       update attempts set decided_at = $2, outcome = case when failed_at is not null then 'failed' else 'good' end
       where attempt_id = any($1::uuid[]) and is_counted and outcome is null and coalesce(failed_at, proven_at) is not null returning *)
     insert into outcome_counts as c (${group}, good, failed)
     select ${group}, count(*) filter (where outcome = 'good'), count(*) filter (where outcome = 'failed') from changed group by ${group}
     on conflict (${group}) do update set good = c.good + excluded.good, failed = c.failed + excluded.failed returning release`,
    [options.ids, options.now],
  );
}

/** Decides the attempts whose window ended without proof: silence is what a crashed machine sounds like. */
export function countSilent(sql: Sql, now: number): Promise<string[]> {
  return count(
    sql,
    `with changed as (
       update attempts set decided_at = $1, outcome = 'silent' where outcome is null and is_counted and deadline <= $1 returning *)
     insert into outcome_counts as c (${group}, silent) select ${group}, count(*) from changed group by ${group}
     on conflict (${group}) do update set silent = c.silent + excluded.silent returning release`,
    [now],
  );
}

/** Notes failures of attempts that had been decided as good, once each. Called before the failure is recorded in the attempt. */
export function countFailedLate(sql: Sql, ids: readonly unknown[]): Promise<string[]> {
  if (ids.length === 0) return Promise.resolve([]);
  return count(
    sql,
    `insert into outcome_counts as c (${group}, failed_late)
     select ${group}, count(*) from attempts where attempt_id = any($1::uuid[]) and outcome = 'good' and failed_at is null group by ${group}
     on conflict (${group}) do update set failed_late = c.failed_late + excluded.failed_late returning release`,
    [ids],
  );
}

/** Counts pings of every kind. Without a release the kernel is not kept: its name is the sender's choice and would let the table grow. */
export async function countPings(sql: Sql, pings: readonly LoggedPing[]): Promise<void> {
  if (pings.length === 0) return;
  const column = (of: (ping: LoggedPing) => unknown): unknown[] => pings.map((ping) => of(ping));
  await sql.query(
    `insert into ping_counts as c (release, tier, kernel, arch, kind, late, pings)
     select release, tier, kernel, arch, kind, late, count(*)
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[]) as p (release, tier, kernel, arch, kind, late)
     group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6
     on conflict (release, tier, kernel, arch, kind, late) do update set pings = c.pings + excluded.pings`,
    [
      column(({ release }) => release ?? ''),
      column(({ tier }) => tier),
      column(({ release, kernel }) => (release === null ? '' : kernel)),
      column(({ release, arch }) => (release === null ? '' : arch)),
      column(({ kind }) => kind),
      column(({ late }) => late),
    ],
  );
}

async function count(sql: Sql, text: string, values: readonly unknown[]): Promise<string[]> {
  const { rows } = await sql.query<{ release: string }>(text, values);
  return rows.map(({ release }) => release);
}
