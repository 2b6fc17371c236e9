import { Client } from 'pg';
import { pino } from 'pino';
import { startEmbeddedPostgres } from '../postgres/embedded.ts';

// A process for the tests of the embedded database: `orphan` dies by SIGKILL and leaves the database running (for a third argument of
// milliseconds), `once` stops it.
const [mode = '', folder = '', orphanGraceMs] = process.argv.slice(2);
const postgres = await startEmbeddedPostgres(folder, {
  password: 'test',
  uid: 65_534,
  ...(orphanGraceMs === undefined ? {} : { orphanGraceMs: Number(orphanGraceMs) }),
  log: pino({ level: 'silent' }),
});
const client = new Client(postgres.connection);
await client.connect();
await client.query('create table kept as select 7 as seven');
await client.end();
process.stdout.write(`pid ${postgres.pid()} guard ${postgres.guardPid()}\n`, () => {
  if (mode === 'orphan') process.kill(process.pid, 'SIGKILL');
});
if (mode !== 'orphan') await postgres.close();
