import { plainColumn, textColumn } from '../database/columns.ts';
import type { Sql } from '../database/database.ts';
import type { Attempt } from './attempt.ts';

/** The attempts among these that are known. */
export async function loadAttempts(sql: Sql, ids: readonly string[]): Promise<ReadonlyMap<string, Attempt>> {
  const { rows } = await sql.query<Attempt>(
    `select attempt_id as "attemptId", release, tier, phase, kernel, arch, cpu_family as "cpuFamily", control, before_at as "beforeAt",
       deadline, proven_at as "provenAt", failed_at as "failedAt", left_at as "leftAt", failure, is_counted as "isCounted", outcome,
       decided_at as "decidedAt", first_seen_at as "firstSeenAt"
     from attempts where attempt_id = any($1::uuid[])`,
    [plainColumn(ids, (id) => id)],
    { name: 'load-attempts' },
  );
  return new Map(rows.map((attempt) => [attempt.attemptId, attempt]));
}

const insert = `
insert into attempts
  (attempt_id, before_at, deadline, proven_at, failed_at, left_at, failure, is_counted, outcome, decided_at,
   release, tier, phase, kernel, arch, cpu_family, control, first_seen_at)
select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::boolean[], $9::text[],
  $10::bigint[], $11::text[], $12::text[], $13::int[], $14::text[], $15::text[], $16::text[], $17::boolean[], $18::bigint[])`;

/** Adds attempts that {@link loadAttempts} did not find. Called by the tally, of which there is one at a time: nobody else adds any. */
export async function insertAttempts(sql: Sql, attempts: readonly Attempt[]): Promise<void> {
  if (attempts.length === 0) return;
  const subject = [
    textColumn(attempts, ({ release }) => release),
    textColumn(attempts, ({ tier }) => tier),
    plainColumn(attempts, ({ phase }) => phase),
    textColumn(attempts, ({ kernel }) => kernel),
    textColumn(attempts, ({ arch }) => arch),
    textColumn(attempts, ({ cpuFamily }) => cpuFamily),
    plainColumn(attempts, ({ control }) => control),
    plainColumn(attempts, ({ firstSeenAt }) => firstSeenAt),
  ];
  await sql.query(insert, [...courseOf(attempts), ...subject], { name: 'insert-attempts' });
}

const update = `
update attempts set before_at = news.before_at, deadline = news.deadline, proven_at = news.proven_at, failed_at = news.failed_at,
  left_at = news.left_at, failure = news.failure, is_counted = news.is_counted, outcome = news.outcome, decided_at = news.decided_at
from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::boolean[], $9::text[], $10::bigint[])
  as news (attempt_id, before_at, deadline, proven_at, failed_at, left_at, failure, is_counted, outcome, decided_at)
where attempts.attempt_id = news.attempt_id`;

/** Writes what news can change of attempts that are known. What they are about stays as it was first said. */
export async function updateAttempts(sql: Sql, attempts: readonly Attempt[]): Promise<void> {
  if (attempts.length === 0) return;
  await sql.query(update, courseOf(attempts), { name: 'update-attempts' });
}

function courseOf(attempts: readonly Attempt[]): string[] {
  return [
    plainColumn(attempts, ({ attemptId }) => attemptId),
    plainColumn(attempts, ({ beforeAt }) => beforeAt),
    plainColumn(attempts, ({ deadline }) => deadline),
    plainColumn(attempts, ({ provenAt }) => provenAt),
    plainColumn(attempts, ({ failedAt }) => failedAt),
    plainColumn(attempts, ({ leftAt }) => leftAt),
    textColumn(attempts, ({ failure }) => failure),
    plainColumn(attempts, ({ isCounted }) => isCounted),
    textColumn(attempts, ({ outcome }) => outcome),
    plainColumn(attempts, ({ decidedAt }) => decidedAt),
  ];
}
