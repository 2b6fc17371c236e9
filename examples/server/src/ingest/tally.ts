import { announceChange } from '../changes/announce.ts';
import { countsChange } from '../changes/change.ts';
import type { GateSettings } from '../config.ts';
import { appendAudit } from '../database/audit.ts';
import { countChecks } from '../dashboard/count-checks.ts';
import { countFailures } from '../dashboard/count-failures.ts';
import { type Database, type Sql, workWithinMs } from '../database/database.ts';
import { foldStreams } from '../gate/streams.ts';
import { countPings, countSilent } from './counts.ts';
import { foldPings, type LoggedPing } from './fold.ts';
import { recordNews } from './record-news.ts';

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

/** Pings in one reading: few enough that requests which come meanwhile do not notice. */
const readingSize = 1000;
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
  return database.transaction((sql) => readOn(sql, options), { withinMs: workWithinMs });
}

async function readOn(sql: Sql, options: TallyOptions): Promise<TallyResult> {
  const cursor = await sql.query<{ xid: string; seq: number; alive_at: number | null }>(
    'select xid::text, seq, alive_at from tally for update',
  );
  const { xid = '0', seq = 0, alive_at: aliveAt = null } = cursor.rows[0] ?? {};
  const { rows } = await sql.query<LoggedPing & { xid: string; seq: number }>(
    `select attempt_id, kind, release, kernel, arch, tier, late, received_at, detail, xid::text, seq from pings
     where (xid, seq) > ($1::xid8, $2) and xid < pg_snapshot_xmin(pg_current_snapshot())
     order by xid, seq limit ${readingSize}`,
    [xid, seq],
    { name: 'read-log' },
  );
  await countPings(sql, rows);
  await countFailures(sql, rows);
  await countChecks(sql, rows);
  const news = foldPings(rows, options.gate.provenBy);
  const { answerWindowMs } = options.gate;
  const { begun, ended } = await recordNews(sql, news, { ...options, answerWindowMs });
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
