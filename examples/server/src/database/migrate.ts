import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { ServerError } from '../errors.ts';
import type { Database, Sql } from './database.ts';

const folder = fileURLToPath(new URL('./migrations/', import.meta.url));
/** Advisory lock: of several servers that start at once one migrates and the others wait. */
const migrationLock = 0x6b6c71;

/**
 * Brings the tables up to this version: every SQL file of `migrations/` in the order of its name, each once, all in one transaction.
 *
 * @throws ServerError `MIGRATION_FAILED` also when the database is newer than this program.
 */
export async function migrate(database: Database, options: { now: number }): Promise<readonly string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  return database.transaction(async (sql) => {
    await sql.query('select pg_advisory_xact_lock($1)', [migrationLock]);
    await sql.query(
      'create table if not exists migrations (name text primary key, sha256 text not null, applied_at bigint not null)',
    );
    const { rows } = await sql.query<{ name: string; sha256: string }>('select name, sha256 from migrations');
    const applied = new Map(rows.map(({ name, sha256 }) => [name, sha256]));
    for (const name of applied.keys()) if (!files.includes(name)) throw tooNew(name);
    const pending = files.filter((name) => !applied.has(name));
    for (const name of files) await applyOne(sql, { name, known: applied.get(name), now: options.now });
    return pending;
  });
}

async function applyOne(sql: Sql, file: { name: string; known: string | undefined; now: number }): Promise<void> {
  const text = await readFile(`${folder}${file.name}`, 'utf8');
  const sha256 = createHash('sha256').update(text).digest('hex');
  if (file.known === sha256) return;
  if (file.known !== undefined) {
    throw new ServerError(
      'MIGRATION_FAILED',
      `${file.name} is not the file that was applied to this database. Put the old text back and write what is new into a migration of its own.`,
    );
  }
  try {
    await sql.query(text);
  } catch (cause) {
    throw new ServerError(
      'MIGRATION_FAILED',
      `${file.name} failed: ${cause instanceof Error ? cause.message : String(cause)}. Nothing was changed.`,
      { cause },
    );
  }
  await sql.query('insert into migrations (name, sha256, applied_at) values ($1, $2, $3)', [
    file.name,
    sha256,
    file.now,
  ]);
}

function tooNew(name: string): ServerError {
  return new ServerError(
    'MIGRATION_FAILED',
    `The database knows the migration ${name}, this program does not. Start the newer version of the server.`,
  );
}
