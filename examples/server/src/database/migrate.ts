import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import type { ClientBase } from 'pg';
import type { Logger } from 'pino';
import { isServerError, ServerError } from '../errors.ts';
import type { Database } from './database.ts';

const dir = fileURLToPath(new URL('./migrations/', import.meta.url));
const migrationsTable = 'migrations';

/**
 * Brings the tables up to this version by node-pg-migrate: every SQL file of `migrations/` in the order of its name, each once, all in one
 * transaction. Of several servers that start at once one migrates and the others wait.
 *
 * @returns the names of those that were applied now
 * @throws ServerError `MIGRATION_FAILED`, also when the database is newer than this program; `DATABASE_UNAVAILABLE`
 */
export async function migrate(database: Database, { log }: { log: Logger }): Promise<readonly string[]> {
  // The tool says much; what a person needs is in the error and in what is returned.
  const say = (message: unknown): void => log.debug(String(message));
  const logger = { debug: say, info: say, warn: say, error: say };
  try {
    return await database.lend(async (dbClient) => {
      await refuseNewer(dbClient);
      const options = { dir, migrationsTable, direction: 'up', singleTransaction: true, logger } as const;
      const applied = await runner({ ...options, dbClient, advisoryLockMode: 'wait' });
      return applied.map(({ name }) => name);
    });
  } catch (cause) {
    if (isServerError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError(
      'MIGRATION_FAILED',
      `The tables could not be brought up to date: ${reason}. Nothing was changed; see the server's log at level debug for the statement.`,
      { cause },
    );
  }
}

/** The tool passes over migrations that are not among its files; they mean that a newer server has been here. */
async function refuseNewer(client: ClientBase): Promise<void> {
  const table = await client.query<{ exists: boolean }>('select to_regclass($1) is not null as exists', [
    migrationsTable,
  ]);
  if (table.rows[0]?.exists !== true) return;
  const files = new Set((await readdir(dir)).map((file) => basename(file, '.sql')));
  const { rows } = await client.query<{ name: string }>(`select name from ${migrationsTable}`);
  const unknown = rows.find(({ name }) => !files.has(name));
  if (unknown === undefined) return;
  throw new ServerError(
    'MIGRATION_FAILED',
    `The database knows the migration ${unknown.name}, this program does not. Start the newer version of the server.`,
  );
}
