import type { Sql } from '../database/database.ts';
import type { Change } from './change.ts';

/** The channel of PostgreSQL on which servers tell each other of changes. */
export const changesChannel = 'klpkit_changes';

/** Tells every server of a change. In a transaction it is told with the commit, or never. */
export async function announceChange(sql: Sql, change: Change): Promise<void> {
  await sql.query('select pg_notify($1, $2)', [changesChannel, JSON.stringify(change)]);
}
