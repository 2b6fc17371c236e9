import { announceChange } from '../changes/announce.ts';
import { countsChange } from '../changes/change.ts';
import type { GateSettings } from '../config.ts';
import { appendAudit } from '../database/audit.ts';
import { countChecks } from '../dashboard/count-checks.ts';
import { countFailures } from '../dashboard/count-failures.ts';
import type { Database, Sql } from '../database/database.ts';
import { foldStreams, type StreamNews } from '../gate/streams.ts';
import { boundFamilies } from './cpu-families.ts';
import { countDecided, countFailedLate, countPings, countSilent, countStarted } from './counts.ts';
import type { AttemptNews, LoggedPing } from './fold.ts';
import { foldPings } from './fold.ts';

/** How the tally reads the log. */
export interface TallyOptions {
  readonly gate: Pick<GateSettings, 'answerWindowMs' | 'provenBy' | 'intervalMs'>;
  /** The share of a tier that a release has reached now, micro-percent: it names the phase an attempt belongs to. */
  readonly phaseOf: (release: string, tier: string) => number;
  /** The probability that the next machine to begin in a tier is a patched one; 1 where nothing can be learnt. */
  readonly expectedShare: (release: string, tier: string) => number;
  readonly now: number;
}

/** What one reading found. */
export interface TallyResult {
  /** Releases whose evidence changed. */
  readonly touched: readonly string[];
  /** Whether the log had more than one reading takes. */
  readonly hasMore: boolean;
}

/** Pings in one reading. */
const readingSize = 2000;
/** After so many missed intervals, and not before a minute, the server counts as having been away. */
const missedIntervals = 10;
const leastAbsenceMs = 60_000;

/**
 * Reads the log from where the last reading ended, folds it into attempts and counts, and decides the attempts whose window is over.
 * One transaction: of any number of servers one reads at a time, and a crash in between repeats nothing and forgets nothing.
 *
 * Rows are read in the order of (transaction, row), and only those whose transaction has no older one still open: so no row can
 * appear behind the cursor.
 */
export function readLog(database: Database, options: TallyOptions): Promise<TallyResult> {
  return database.transaction(async (sql) => {
    const cursor = await sql.query<{ xid: string; seq: number; alive_at: number | null }>(
      'select xid::text, seq, alive_at from tally for update',
    );
    const { xid = '0', seq = 0, alive_at: aliveAt = null } = cursor.rows[0] ?? {};
    const { rows } = await sql.query<LoggedPing & { xid: string; seq: number }>(
      `select attempt_id, kind, release, kernel, arch, tier, late, received_at, detail, xid::text, seq from pings
       where (xid, seq) > ($1::xid8, $2) and xid < pg_snapshot_xmin(pg_current_snapshot())
       order by xid, seq limit ${readingSize}`,
      [xid, seq],
    );
    await countPings(sql, rows);
    await countFailures(sql, rows);
    await countChecks(sql, rows);
    const { begun, ended } = await recordNews(sql, foldPings(rows, options.gate.provenBy), options);
    const hasMore = rows.length === readingSize;
    // Whoever is silent is known only when everything that was said has been read.
    const silent = hasMore ? [] : await forgiveAbsence(sql, aliveAt, options).then(() => countSilent(sql, options.now));
    const changed = { begun, ended: [...ended, ...silent] };
    await foldStreams(sql, changed, options);
    const touched = new Set([...changed.begun, ...changed.ended].map(({ release }) => release));
    const last = rows.at(-1);
    await sql.query('update tally set xid = $1::xid8, seq = $2, alive_at = $3', [
      last?.xid ?? xid,
      last?.seq ?? seq,
      options.now,
    ]);
    if (touched.size > 0) await announceChange(sql, countsChange([...touched]));
    return { touched: [...touched], hasMore };
  });
}

const upsertAttempts = `
insert into attempts as a
  (attempt_id, release, tier, phase, kernel, arch, control, before_at, deadline, proven_at, failed_at, failure, cpu_family, left_at, first_seen_at)
select *, $15::bigint from unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::boolean[],
  $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::text[], $14::bigint[])
on conflict (attempt_id) do update set
  before_at = coalesce(a.before_at, excluded.before_at),
  deadline = coalesce(a.deadline, excluded.deadline),
  proven_at = coalesce(a.proven_at, excluded.proven_at),
  failed_at = coalesce(a.failed_at, excluded.failed_at),
  failure = coalesce(a.failure, excluded.failure),
  left_at = coalesce(a.left_at, excluded.left_at)
where a.release = excluded.release and a.control = excluded.control`;

async function recordNews(sql: Sql, news: readonly AttemptNews[], options: TallyOptions): Promise<StreamNews> {
  if (news.length === 0) return { begun: [], ended: [] };
  const column = (of: (one: AttemptNews) => unknown): unknown[] => news.map((one) => of(one));
  const ids = column(({ attemptId }) => attemptId);
  const failed = news.filter(({ failedAt }) => failedAt !== null).map(({ attemptId }) => attemptId);
  await countFailedLate(sql, failed);
  await sql.query(upsertAttempts, [
    ids,
    column(({ release }) => release),
    column(({ tier }) => tier),
    column(({ release, tier }) => options.phaseOf(release, tier)),
    column(({ kernel }) => kernel),
    column(({ arch }) => arch),
    column(({ control }) => control),
    column(({ beforeAt }) => beforeAt),
    column(({ beforeAt }) => (beforeAt === null ? null : beforeAt + options.gate.answerWindowMs)),
    column(({ provenAt }) => provenAt),
    column(({ failedAt }) => failedAt),
    column(({ failure }) => failure),
    await boundFamilies(sql, news),
    column(({ leftAt }) => leftAt),
    options.now,
  ]);
  return { begun: await countStarted(sql, ids), ended: await countDecided(sql, { ids, now: options.now }) };
}

/** While the server was away no machine could answer: the open windows are longer by that time, or a restart would look like a crash of the fleet. */
async function forgiveAbsence(sql: Sql, aliveAt: number | null, options: TallyOptions): Promise<void> {
  const awayMs = aliveAt === null ? 0 : options.now - aliveAt;
  if (awayMs <= Math.max(options.gate.intervalMs * missedIntervals, leastAbsenceMs)) return;
  const { rowCount } = await sql.query(
    'update attempts set deadline = deadline + $1 where outcome is null and is_counted',
    [awayMs],
  );
  if (rowCount === 0) return;
  await appendAudit(sql, {
    at: options.now,
    actor: 'server',
    action: 'windows-extended',
    release: null,
    detail: { awayMs, windows: rowCount },
  });
}
