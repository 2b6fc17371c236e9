import { Client } from 'pg';
import { pino } from 'pino';
import { startEmbeddedPostgres } from '../postgres/embedded.ts';

// A process for the tests of the embedded database: `orphan` dies by SIGKILL and leaves the database running, `once` stops it.
const [mode = '', folder = ''] = process.argv.slice(2);
const postgres = await startEmbeddedPostgres(folder, { password: 'test', uid: 65_534, log: pino({ level: 'silent' }) });
const client = new Client(postgres.connection);
await client.connect();
await client.query('create table kept as select 7 as seven');
await client.end();
process.stdout.write(`pid ${postgres.pid()}\n`, () => {
  if (mode === 'orphan') process.kill(process.pid, 'SIGKILL');
});
if (mode !== 'orphan') await postgres.close();
