import type { Sql } from '../database/database.ts';
import type { LoggedPing } from './fold.ts';

const group = 'release, tier, phase, kernel, arch, cpu_family, control';

/** Machines of one release, tier and arm that began. */
export interface Begun {
  readonly release: string;
  readonly tier: string;
  readonly control: boolean;
  readonly count: number;
}

/** Machines of one release and arm whose window ended. */
export interface Ended {
  readonly release: string;
  readonly control: boolean;
  readonly failures: number;
  /** Of these: said nothing. */
  readonly silent: number;
}

/** Marks the attempts whose before-ping is known as begun, once each. */
export async function countStarted(sql: Sql, ids: readonly unknown[]): Promise<readonly Begun[]> {
  const { rows } = await sql.query<Begun>(
    `with changed as (
       update attempts set is_counted = true where attempt_id = any($1::uuid[]) and before_at is not null and not is_counted returning *),
     counted as (
       insert into outcome_counts as c (${group}, started) select ${group}, count(*) from changed group by ${group}
       on conflict (${group}) do update set started = c.started + excluded.started)
     select release, tier, control, count(*) from changed group by 1, 2, 3 order by 1, 2, 3`,
    [ids],
  );
  return rows;
}

const ended = `select release, control, count(*) filter (where outcome in ('failed', 'silent')) as failures, count(*) filter (where outcome = 'silent') as silent
     from changed group by 1, 2 order by 1, 2`;

/** Decides the attempts that are proven or failed, once each: an outcome is never changed afterwards. */
export async function countDecided(
  sql: Sql,
  options: { ids: readonly unknown[]; now: number },
): Promise<readonly Ended[]> {
  const { rows } = await sql.query<Ended>(
    `with changed as (
       update attempts set decided_at = $2, outcome = case when failed_at is not null then 'failed' when proven_at is not null then 'good' else 'left' end
       where attempt_id = any($1::uuid[]) and is_counted and outcome is null and coalesce(failed_at, proven_at, left_at) is not null returning *),
     counted as (
       insert into outcome_counts as c (${group}, good, failed, left_orderly)
       select ${group}, count(*) filter (where outcome = 'good'), count(*) filter (where outcome = 'failed'),
         count(*) filter (where outcome = 'left') from changed group by ${group}
       on conflict (${group}) do update set good = c.good + excluded.good, failed = c.failed + excluded.failed,
         left_orderly = c.left_orderly + excluded.left_orderly)
     ${ended}`,
    [options.ids, options.now],
  );
  return rows;
}

/** Decides the attempts whose window ended without proof: silence is what a crashed machine sounds like. */
export async function countSilent(sql: Sql, now: number): Promise<readonly Ended[]> {
  const { rows } = await sql.query<Ended>(
    `with changed as (
       update attempts set decided_at = $1, outcome = 'silent' where outcome is null and is_counted and deadline <= $1 returning *),
     counted as (
       insert into outcome_counts as c (${group}, silent) select ${group}, count(*) from changed group by ${group}
       on conflict (${group}) do update set silent = c.silent + excluded.silent)
     ${ended}`,
    [now],
  );
  return rows;
}

/** Notes failures of attempts that had been decided as good, once each. Called before the failure is recorded in the attempt. */
export async function countFailedLate(sql: Sql, ids: readonly unknown[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.query(
    `insert into outcome_counts as c (${group}, failed_late)
     select ${group}, count(*) from attempts where attempt_id = any($1::uuid[]) and outcome = 'good' and failed_at is null group by ${group}
     on conflict (${group}) do update set failed_late = c.failed_late + excluded.failed_late`,
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
