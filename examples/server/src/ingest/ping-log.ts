import type { Ping } from '@klpkit/pings';
import type { Sql } from '../database/database.ts';

/** A ping as it was taken. */
export interface TakenPing {
  readonly ping: Ping;
  /** By the server's clock, epoch ms. */
  readonly receivedAt: number;
}

const insertPings = `
insert into pings (id, sent_at, received_at, attempt_id, kind, release, kernel, arch, tier, late, detail)
select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::boolean[], $11::json[])
on conflict do nothing
returning id`;

/** Appends pings to the log in one statement; says of each whether it was new. A ping that is there twice counts once. */
export async function appendPings(sql: Sql, taken: readonly TakenPing[]): Promise<readonly boolean[]> {
  const byId = new Map<string, TakenPing>();
  for (const one of taken) if (!byId.has(one.ping.id)) byId.set(one.ping.id, one);
  // Two servers that are sent the same pings lock them in one order.
  const rows = [...byId.values()].toSorted((a, b) => (a.ping.id < b.ping.id ? -1 : 1));
  const columns = toColumns(rows);
  const { rows: inserted } = await sql.query<{ id: string }>(insertPings, columns);
  const fresh = new Set(inserted.map(({ id }) => id));
  return taken.map(({ ping }) => fresh.delete(ping.id));
}

function toColumns(rows: readonly TakenPing[]): unknown[] {
  const column = (of: (row: TakenPing) => unknown): unknown[] => rows.map((row) => of(row));
  return [
    column(({ ping }) => ping.id),
    column(({ ping }) => ping.sentAt),
    column(({ receivedAt }) => receivedAt),
    column(({ ping }) => ping.attemptId),
    column(({ ping }) => ping.kind),
    column(({ ping }) => ping.release),
    column(({ ping }) => ping.kernel),
    column(({ ping }) => ping.arch),
    column(({ ping }) => ping.tier),
    column(({ ping }) => ping.late === true),
    column(({ ping }) => detailOf(ping)),
  ];
}

/** What only this kind of ping has. As text of type json it holds every string that JSON can hold. */
function detailOf(ping: Ping): string {
  const { id: _id, attemptId: _attempt, release: _release, kernel: _kernel, arch: _arch, tier: _tier, ...rest } = ping;
  const { sentAt: _sentAt, late: _late, kind: _kind, ...detail } = rest as typeof rest & Record<string, unknown>;
  return JSON.stringify(detail);
}
