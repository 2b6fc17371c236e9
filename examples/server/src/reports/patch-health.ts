import { z } from 'zod';
import type { Sql } from '../database/database.ts';

/** What became of attempts, or what they failed with, in one place. */
export const healthRow = z.object({
  tier: z.string(),
  release: z.string(),
  kernel: z.string(),
  arch: z.string(),
  what: z.enum(['began', 'good', 'failed', 'silent', 'left', 'failed-late', 'ping', 'failure', 'check']),
  detail: z.string().describe('Kind of the ping; phase, code and title of the failure; end and reason of the check.'),
  count: z.int(),
});

/** One row of the report. */
export type HealthRow = z.infer<typeof healthRow>;

/** The columns of the CSV, in their order. */
export const healthColumns: readonly (keyof HealthRow)[] = healthRow.keyof().options;

/** Which rows are wanted; everything where neither is given. */
export interface HealthQuery {
  readonly tier: string | undefined;
  readonly release: string | undefined;
}

/** Rows in one answer. */
const maxRows = 20_000;

/** The health of patches in the long form: one count a row, so that a spreadsheet can turn it as it likes. From the rolled-up counts. */
export async function loadHealth(sql: Sql, { tier, release }: HealthQuery): Promise<readonly HealthRow[]> {
  const { rows } = await sql.query<HealthRow>(
    `select tier, release, kernel, arch, what, detail, sum(count)::bigint as count from (
       select tier, release, kernel, arch, o.what, '' as detail, o.count from outcome_counts as c
         cross join lateral (values ('began', started), ('good', good), ('failed', failed), ('silent', silent), ('left', left_orderly), ('failed-late', failed_late))
           as o (what, count) where not c.control
       union all
       select tier, release, kernel, arch, 'ping', kind, pings from ping_counts where release <> ''
       union all
       select tier, release, kernel, arch, 'failure', concat_ws(': ', nullif(phase, ''), nullif(code, ''), nullif(title, '')), failures from failure_counts
       union all
       select tier, release, '', '', 'check', concat_ws(': ', outcome, nullif(reason, '')), checks from check_counts
     ) as h
     where ($1::text is null or tier = $1) and ($2::text is null or release = $2)
     group by tier, release, kernel, arch, what, detail order by tier, release, what, detail, kernel, arch limit ${maxRows}`,
    [tier ?? null, release ?? null],
  );
  return rows;
}
