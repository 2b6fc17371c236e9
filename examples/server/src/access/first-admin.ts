import type { Database } from '../database/database.ts';
import { makeToken, storeToken } from './tokens.ts';

const firstAdmin = { name: 'first-admin', role: 'admin', tier: null, expiresAt: null } as const;

/**
 * Sees to it that there is an administrator. Returns the token where it is known: given in the configuration, or made now because
 * no good one exists.
 */
export async function ensureAdmin(
  database: Database,
  options: { given: string | undefined; now: number },
): Promise<string | null> {
  const { given, now } = options;
  if (given !== undefined) {
    await storeToken(database, { ...firstAdmin, token: given }, now);
    return given;
  }
  return database.transaction(async (sql) => {
    await sql.query('lock table tokens in share row exclusive mode');
    const { rowCount } = await sql.query(
      `select 1 from tokens where role = 'admin' and revoked_at is null and (expires_at is null or expires_at > $1)`,
      [now],
    );
    return rowCount === 0 ? (await makeToken(sql, firstAdmin, now)).token : null;
  });
}
