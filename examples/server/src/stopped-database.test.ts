import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pino } from 'pino';
import { openDatabase } from './database/database.ts';
import { databaseOf, type Harness, offerPath, ping, startHarness, until } from './testing/harness.ts';
import { stopDatabase } from './testing/stop-database.ts';

/** Each of these waits out limits of ten seconds, some of them two. */
const timeout = 120_000;

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness();
});
afterEach(() => harness.close());

describe('a database that does not answer any more', () => {
  it('keeps nobody waiting for ever, and everything goes on with it', { timeout }, async () => {
    await harness.publish();
    const metricsOf = async (): Promise<string> => String((await harness.ask('GET', '/metrics')).bytes);
    expect(await metricsOf()).toContain('klpkit_database_up 1');
    const pings = Array.from({ length: 40 }, () => ping('before'));
    const post = (one: Record<string, unknown>) => harness.ask('POST', '/v1/pings', { body: { pings: [one] } });
    {
      using database = stopDatabase(harness.stateDir);
      const waiting = [
        ...pings.map(post),
        harness.ask('GET', '/v1/admin/audit'),
        harness.ask('GET', '/v1/admin/rollouts/lp-1'),
        harness.ask('POST', '/v1/admin/rollouts/lp-1/events', { body: { type: 'pause', note: 'while it is away' } }),
        harness.ask('GET', '/v1/dashboard/patches', { token: harness.token }),
        harness.ask('GET', '/v1/dashboard/patches/lp-1', { token: harness.token }),
      ];
      // All connections of the pool are taken now, and none of them answers.
      expect((await harness.ask('GET', '/healthz')).json).toEqual({ ok: true });
      expect((await harness.ask('GET', '/dashboard/')).status).toBe(200);
      expect((await harness.ask('GET', offerPath('internal'))).json.offer?.release.version).toBe('1');
      expect(await harness.ask('GET', '/readyz')).toMatchObject({ status: 503, json: unavailable });
      const metrics = await metricsOf();
      expect(metrics).toContain('klpkit_database_up 0');
      expect(metrics).toMatch(/^process_resident_memory_bytes \d+$/m);
      for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ status: 503, json: unavailable });
      // Also whoever comes when connections have been given up: PostgreSQL lets nobody in.
      expect(await post(ping('before'))).toMatchObject({ status: 503, json: unavailable });
      database.resume();
    }
    await until(async () => (await harness.ask('GET', '/readyz')).status === 200);
    await until(async () => (await metricsOf()).includes('klpkit_database_up 1'));
    // Some of them may have been written all the same: sent again each counts once.
    for (const one of pings) expect((await post(one)).status).toBe(200);
    await until(async () => (await harness.ask('GET', '/v1/admin/rollouts/lp-1')).json.evidence.n >= pings.length);
    expect((await harness.ask('GET', '/v1/admin/rollouts/lp-1')).json.evidence.n).toBeLessThanOrEqual(pings.length + 1);
    const { rows } = (await harness.ask('GET', '/v1/admin/audit?release=lp-1')).json;
    expect(rows.filter(({ action }) => action === 'rollout-pause').length).toBeLessThanOrEqual(1);
  });
});

describe('the limit of a statement', () => {
  it('gives its connection up, and leaves none that holds locks', { timeout }, async () => {
    await using database = open({ maxConnections: 1 });
    await database.query('create table limits (id int)');
    const cut = database.transaction(async (sql) => {
      await sql.query('insert into limits values (1)');
      await sql.query('select pg_sleep(600)', [], { withinMs: 50 });
    });
    await expect(cut).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await expect(database.query('select pg_sleep(600)', [], { withinMs: 50 })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    // The one connection of the pool is another one now, or this would wait behind those.
    expect((await database.query('select * from limits')).rows).toEqual([]);
  });

  it('ends neither a long statement of the background nor what a tool does with a lent connection', {
    timeout,
  }, async () => {
    await using database = open();
    const sleep = 'select pg_sleep(11)';
    const long = database.transaction((sql) => sql.query(sleep), { withinMs: 100_000 });
    const lent = database.lend((client) => client.query(sleep));
    const short = database.transaction((sql) => sql.query('select pg_sleep(600)'));
    await expect(short).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect((await long).rowCount).toBe(1);
    expect((await lent).rowCount).toBe(1);
  });
});

const unavailable = { ok: false, code: 'DATABASE_UNAVAILABLE', message: expect.stringContaining('database') };

function open(options: { maxConnections?: number } = {}) {
  const database = openDatabase(databaseOf(harness.stateDir), { log: pino({ level: 'silent' }), ...options });
  return { ...database, [Symbol.asyncDispose]: () => database.close() };
}
