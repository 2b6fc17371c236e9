import type { Ping } from '@klpkit/pings';
import { DatabaseError } from 'pg';
import { plainColumn, textColumn } from '../database/columns.ts';
import type { Sql } from '../database/database.ts';
import { createRecentPings } from './recent-pings.ts';

/** A ping as it was taken. */
export interface TakenPing {
  readonly ping: Ping;
  /** By the server's clock, epoch ms. */
  readonly receivedAt: number;
}

/** The log of all pings. */
export interface PingLog {
  /** Appends pings in one statement; says of each whether it was new. A ping that is there twice counts once. */
  append(taken: readonly TakenPing[]): Promise<readonly boolean[]>;
}

const insertPings = `
insert into pings (id, sent_at, received_at, attempt_id, kind, release, kernel, arch, tier, late, detail)
select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::boolean[], $11::json[])`;
const insertWhatIsNew = `${insertPings}
on conflict do nothing
returning id`;

const uniqueViolation = '23505';
/** After a repeated ping that was not remembered so long each statement asks row by row. Somebody who repeats on purpose costs one statement a minute. */
const carefulMs = 60_000;

/**
 * Opens the log. Machines hardly ever repeat a ping, and to ask row by row whether it is there costs PostgreSQL as much again as to write
 * it: so rows are written as if all were new, and once more with the question where one of them was not.
 */
export function openPingLog(sql: Sql): PingLog {
  let carefulUntil = Number.NEGATIVE_INFINITY;
  const isAllNew = async (columns: readonly string[]): Promise<boolean> => {
    if (performance.now() < carefulUntil) return false;
    try {
      await sql.query(insertPings, columns, { name: 'insert-pings' });
      return true;
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== uniqueViolation) throw error;
      carefulUntil = performance.now() + carefulMs;
      return false;
    }
  };
  const append = async (rows: readonly TakenPing[]): Promise<Set<string>> => {
    if (rows.length === 0) return new Set();
    const columns = toColumns(rows);
    return (await isAllNew(columns)) ? new Set(rows.map(({ ping }) => ping.id)) : insertNew(sql, columns);
  };
  // Whoever sends a ping twice mostly does it soon, to the same server, for want of an answer.
  const written = createRecentPings();
  return {
    append: async (taken) => {
      const rows = oncePerId(taken.filter(({ ping }) => !written.has(ping)));
      const fresh = await append(rows);
      for (const { ping } of rows) written.add(ping);
      return taken.map(({ ping }) => fresh.delete(ping.id));
    },
  };
}

async function insertNew(sql: Sql, columns: readonly string[]): Promise<Set<string>> {
  const { rows } = await sql.query<{ id: string }>(insertWhatIsNew, columns, { name: 'insert-new-pings' });
  return new Set(rows.map(({ id }) => id));
}

/** In the order of their ids: two servers that are sent the same pings lock them in one order. */
function oncePerId(taken: readonly TakenPing[]): readonly TakenPing[] {
  const byId = new Map<string, TakenPing>();
  for (const one of taken) if (!byId.has(one.ping.id)) byId.set(one.ping.id, one);
  return [...byId.values()].toSorted((a, b) => (a.ping.id < b.ping.id ? -1 : 1));
}

function toColumns(rows: readonly TakenPing[]): readonly string[] {
  return [
    plainColumn(rows, ({ ping }) => ping.id),
    plainColumn(rows, ({ ping }) => ping.sentAt),
    plainColumn(rows, ({ receivedAt }) => receivedAt),
    plainColumn(rows, ({ ping }) => ping.attemptId),
    textColumn(rows, ({ ping }) => ping.kind),
    textColumn(rows, ({ ping }) => ping.release),
    textColumn(rows, ({ ping }) => ping.kernel),
    textColumn(rows, ({ ping }) => ping.arch),
    textColumn(rows, ({ ping }) => ping.tier),
    plainColumn(rows, ({ ping }) => ping.late === true),
    textColumn(rows, ({ ping }) => detailOf(ping)),
  ];
}

/** What only this kind of ping has. As text of type json it holds every string that JSON can hold. */
function detailOf(ping: Ping): string {
  const { id: _id, attemptId: _attempt, release: _release, kernel: _kernel, arch: _arch, tier: _tier, ...rest } = ping;
  const { sentAt: _sentAt, late: _late, kind: _kind, ...detail } = rest as typeof rest & Record<string, unknown>;
  return JSON.stringify(detail);
}
