import type { GateSettings } from '../config.ts';
import { plainColumn, textColumn } from '../database/columns.ts';
import type { Sql } from '../database/database.ts';
import type { Begun } from './counts.ts';
import type { LoggedPing } from './fold.ts';

/** A place in the log: what was read last. */
export interface Place {
  readonly xid: string;
  readonly seq: number;
}

/** A phase that a release has reached in a tier. */
export interface ReachedPhase {
  readonly release: string;
  readonly tier: string;
  /** Micro-percent. */
  readonly phase: number;
}

/** What {@link readPart} needs. */
export interface PartOptions extends Pick<GateSettings, 'answerWindowMs' | 'provenBy'> {
  /** Of the releases that machines begin with; attempts with others are begun one by one. */
  readonly phases: readonly ReachedPhase[];
  readonly now: number;
  /** Rows at most, 1 to {@link mostRows}. */
  readonly rows: number;
}

/** The next part of the log. */
export interface Part {
  /** Its end; where nothing was left to read, its beginning. */
  readonly end: Place;
  readonly hasMore: boolean;
  /** How many rows to ask for next. */
  readonly nextRows: number;
  /** Machines that began, in the order of release, tier and arm: they are written already. */
  readonly begun: readonly Begun[];
  /** What else says something, in the order of the log. */
  readonly pings: readonly LoggedPing[];
}

/** Pings in one part: it has a price of its own, and holds one of the database's processes until it is through. */
export const mostRows = 10_000;
/** Text in one reading, bytes: a ping that tells of a failure may be a thousand times as long as others, and somebody may send only such. */
const partBytes = 8 * 1024 * 1024;

const group = 'release, tier, phase, kernel, arch, cpu_family, control';

/**
 * Most pings say nothing (they are only counted), or that a machine begins of which nothing was known: neither kind leaves the database. An
 * attempt begins here when its beginning is all that the part says of it, its release and tier are in the phases, and its family has been
 * counted before, so that there cannot be too many of them. Every other ping is given to whoever asked.
 *
 * `detail` is looked into for those kinds alone in which it holds no text of the sender's choice: PostgreSQL refuses to read some.
 */
const readNext = `
with next as materialized (
  select xid, seq, attempt_id, kind, release, kernel, arch, tier, late, received_at, detail, octet_length(detail::text) as bytes from pings
  where (xid, seq) > ($1::xid8, $2) and xid < pg_snapshot_xmin(pg_current_snapshot())
  order by xid, seq limit $10),
part as materialized (
  select * from (select *, sum(bytes) over (order by xid, seq) - bytes as bytes_before from next) as measured
  where bytes_before < ${partBytes}),
counted as (
  insert into ping_counts as c (release, tier, kernel, arch, kind, late, pings)
  -- Without a release the kernel is not kept: its name is the sender's choice and would let the table grow.
  select coalesce(release, ''), tier, case when release is null then '' else kernel end,
    case when release is null then '' else arch end, kind, late, count(*)
  from part group by 1, 2, 3, 4, 5, 6
  on conflict (release, tier, kernel, arch, kind, late) do update set pings = c.pings + excluded.pings),
news as materialized (
  select *, count(*) over (partition by attempt_id) as of_attempt from part
  where kind <> all ($3::text[]) and case kind when 'health' then (detail->>'index')::int >= $4 else true end),
phases as (select * from unnest($5::text[], $6::text[], $7::int[]) as reached (release, tier, phase)),
families as materialized (
  select distinct release, cpu_family from outcome_counts where release in (select release from news)),
begun as (
  insert into attempts (attempt_id, before_at, deadline, is_counted, release, tier, phase, kernel, arch, cpu_family, control, first_seen_at)
  select attempt_id, received_at, received_at + $8::bigint, true, release, tier, phase, kernel, arch, cpu_family,
    kind = 'control-before', $9::bigint
  from (select *, coalesce(detail->>'cpuFamily', '') as cpu_family from news
        where of_attempt = 1 and kind in ('before', 'control-before')) as beginning
    join phases using (release, tier) join families using (release, cpu_family)
  on conflict do nothing
  returning attempt_id, ${group}),
started as (
  insert into outcome_counts as c (${group}, started) select ${group}, count(*) from begun group by ${group}
  on conflict (${group}) do update set started = c.started + excluded.started)
select xid::text, seq, (select count(*) from next) as found, (select count(*) from part) as taken,
  (select coalesce(json_agg(one order by release, tier, control), '[]') from
    (select release, tier, control, count(*) from begun group by release, tier, control) as one) as begun,
  (select coalesce(json_agg(one order by xid, seq), '[]') from
    (select xid, seq, attempt_id, kind, release, kernel, arch, tier, late, received_at, detail from news
     where attempt_id not in (select attempt_id from begun)) as one) as pings
from (select xid, seq from part order by xid desc, seq desc limit 1) as last`;

/**
 * The next rows come out of an index that is in their order. PostgreSQL does not know how few they are: where it has not looked at a table of
 * late (or keeps the plan of the days when it was small) it would fetch all that was not read yet and sort it, once a part.
 */
const readInOrder = 'set local enable_sort = off';
const readAnyhow = 'set local enable_sort = on';

interface Row extends Place {
  readonly found: number;
  /** Fewer than were found where the text of all would be too much. */
  readonly taken: number;
  readonly begun: Begun[];
  readonly pings: LoggedPing[];
}

/** Reads the next part of the log, counts its pings and begins attempts. Called by the tally in its transaction, of which there is one at a time. */
export async function readPart(sql: Sql, from: Place, options: PartOptions): Promise<Part> {
  const { phases, provenBy, answerWindowMs, now, rows: most } = options;
  const silentKinds = ['transition', ...(provenBy === 'after' ? [] : ['after'])];
  await sql.query(readInOrder);
  const { rows } = await sql.query<Row>(
    readNext,
    [
      from.xid,
      from.seq,
      textColumn(silentKinds, (kind) => kind),
      provenBy === 'after' ? 0 : provenBy,
      textColumn(phases, ({ release }) => release),
      textColumn(phases, ({ tier }) => tier),
      plainColumn(phases, ({ phase }) => phase),
      answerWindowMs,
      now,
      most,
    ],
    { name: 'read-part' },
  );
  await sql.query(readAnyhow);
  const [row] = rows;
  if (row === undefined) return { end: from, hasMore: false, nextRows: mostRows, begun: [], pings: [] };
  const { xid, seq, found, taken, begun, pings } = row;
  return {
    end: { xid, seq },
    hasMore: found === most || found > taken,
    nextRows: rowsAfter({ most, found, taken }),
    begun,
    pings,
  };
}

/** What is found is measured, whether it is taken or not: where text is long, asking for much would read most of it again and again. */
function rowsAfter({ most, found, taken }: { most: number; found: number; taken: number }): number {
  return Math.min(mostRows, 2 * (found > taken ? taken : most));
}
