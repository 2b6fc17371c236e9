import { readdir } from 'node:fs/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { databaseOf, type Harness, startHarness } from '../testing/harness.ts';
import { type Database, openDatabase } from './database.ts';
import { migrate } from './migrate.ts';

const log = pino({ level: 'silent' });
let harness: Harness;
let database: Database;
beforeAll(async () => {
  harness = await startHarness();
  // A database of its own beside the running server's.
  const { connectionString } = databaseOf(harness.stateDir);
  const first = openDatabase({ connectionString }, { log });
  await first.query('create database migrated');
  await first.close();
  database = openDatabase({ connectionString: connectionString.replace('/postgres?', '/migrated?') }, { log });
});
afterAll(async () => {
  await database.close();
  await harness.close();
});

it('migrates once, however many servers start at the same time, and each file in its order', async () => {
  const files = (await readdir(new URL('./migrations/', import.meta.url))).toSorted();
  const applied = await Promise.all([1, 2, 3].map(() => migrate(database, { log })));
  expect(applied.flat().map((name) => `${name}.sql`)).toEqual(files);
  expect(await migrate(database, { log })).toEqual([]);
  expect((await database.query('select * from releases')).rows).toEqual([]);
});

it('leaves a database alone that a newer server has been at', async () => {
  await database.query("insert into migrations (name, run_on) values ('9999-from-the-future', now())");
  await expect(migrate(database, { log })).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    message: expect.stringContaining('9999-from-the-future'),
  });
});
