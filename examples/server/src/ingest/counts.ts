import type { Sql } from '../database/database.ts';
import type { Attempt, Step, Stepped } from './attempt.ts';

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

/** Adds what attempts did to the counts of their group, in one statement. */
export async function addOutcomes(sql: Sql, steps: readonly Stepped[]): Promise<void> {
  if (steps.length === 0) return;
  const groups = [...Map.groupBy(steps, ({ attempt }) => JSON.stringify(groupOf(attempt))).values()];
  const firsts = groups.flatMap(([first]) => (first === undefined ? [] : [groupOf(first.attempt)]));
  const count = (wanted: Step): number[] => groups.map((all) => all.filter(({ step }) => step === wanted).length);
  await sql.query(
    `insert into outcome_counts as c (${group}, started, good, failed, left_orderly, failed_late)
     select * from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::boolean[],
       $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[])
     on conflict (${group}) do update set started = c.started + excluded.started, good = c.good + excluded.good,
       failed = c.failed + excluded.failed, left_orderly = c.left_orderly + excluded.left_orderly,
       failed_late = c.failed_late + excluded.failed_late`,
    [
      ...[0, 1, 2, 3, 4, 5, 6].map((column) => firsts.map((values) => values[column])),
      ...(['started', 'good', 'failed', 'left', 'failedLate'] as const).map((step) => count(step)),
    ],
  );
}

/** In the order of the columns. */
function groupOf({ release, tier, phase, kernel, arch, cpuFamily, control }: Attempt): (string | number | boolean)[] {
  return [release, tier, phase, kernel, arch, cpuFamily, control];
}

/** Decides the attempts whose window ended without proof: silence is what a crashed machine sounds like. */
export async function countSilent(sql: Sql, now: number): Promise<readonly Ended[]> {
  const { rows } = await sql.query<Ended>(
    `with changed as (
       update attempts set decided_at = $1, outcome = 'silent' where outcome is null and is_counted and deadline <= $1 returning *),
     counted as (
       insert into outcome_counts as c (${group}, silent) select ${group}, count(*) from changed group by ${group}
       on conflict (${group}) do update set silent = c.silent + excluded.silent)
     select release, control, count(*) as failures, count(*) as silent from changed group by 1, 2 order by 1, 2`,
    [now],
  );
  return rows;
}
