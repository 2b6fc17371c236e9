import { announceChange } from '../changes/announce.ts';
import { countsChange } from '../changes/change.ts';
import type { GateSettings } from '../config.ts';
import { appendAudit } from '../database/audit.ts';
import { countChecks } from '../dashboard/count-checks.ts';
import { countFailures } from '../dashboard/count-failures.ts';
import { type Database, type Sql, workWithinMs } from '../database/database.ts';
import { foldStreams } from '../gate/streams.ts';
import { countSilent } from './counts.ts';
import { foldPings } from './fold.ts';
import { type Place, type ReachedPhase, readPart } from './read-part.ts';
import { recordNews } from './record-news.ts';

/** How the tally reads the log. */
export interface TallyOptions {
  readonly gate: Pick<GateSettings, 'answerWindowMs' | 'provenBy' | 'intervalMs'>;
  /** The share of a tier that a release has reached now, micro-percent: it names the phase an attempt belongs to. */
  readonly phaseOf: (release: string, tier: string) => number;
  /** The same for the releases that machines begin with now. */
  readonly phases: readonly ReachedPhase[];
  /** The probability that the next machine to begin in a tier is a patched one; 1 where nothing can be learnt. */
  readonly expectedShare: (release: string, tier: string) => number;
  readonly now: number;
  /** Rows to read at most. */
  readonly rows: number;
}

/** What one reading found. */
export interface TallyResult {
  /** Releases whose evidence changed. */
  readonly touched: readonly string[];
  /** Whether the log had more than one reading takes. */
  readonly hasMore: boolean;
  /** How many rows to ask for next: fewer after a part whose text was long. */
  readonly nextRows: number;
}

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
  const cursor = await sql.query<Place & { alive_at: number | null }>(
    'select xid::text, seq, alive_at from tally for update',
  );
  const { xid = '0', seq = 0, alive_at: aliveAt = null } = cursor.rows[0] ?? {};
  const { answerWindowMs, provenBy } = options.gate;
  const part = await readPart(sql, { xid, seq }, { ...options, answerWindowMs, provenBy });
  const { end, hasMore, nextRows, pings } = part;
  await countFailures(sql, pings);
  await countChecks(sql, pings);
  const { begun, ended } = await recordNews(sql, foldPings(pings, provenBy), { ...options, answerWindowMs });
  // Whoever is silent is known only when everything that was said has been read.
  const silent = hasMore ? [] : await forgiveAbsence(sql, aliveAt, options).then(() => countSilent(sql, options.now));
  const changed = { begun: [...part.begun, ...begun], ended: [...ended, ...silent] };
  await foldStreams(sql, changed, options);
  const touched = new Set([...changed.begun, ...changed.ended].map(({ release }) => release));
  await sql.query('update tally set xid = $1::xid8, seq = $2, alive_at = $3', [end.xid, end.seq, options.now]);
  if (touched.size > 0) await announceChange(sql, countsChange([...touched]));
  return { touched: [...touched], hasMore, nextRows };
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
