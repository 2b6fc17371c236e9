import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from 'node:https';
import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { databaseOf, type Harness, offerPath, ping, send, startHarness, until } from './testing/harness.ts';
import { startServerProcess } from './testing/server-process.ts';
import { postmaster } from './testing/stop-database.ts';

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.close();
  harness = undefined;
});

/** How many of these the database has; all that it has where none are named. */
async function countOf(stateDir: string, pings?: readonly Record<string, unknown>[]): Promise<number> {
  const client = new Client(databaseOf(stateDir));
  await client.connect();
  try {
    const ids = pings?.map(({ id }) => id) ?? null;
    const { rows } = await client.query<{ count: string }>(
      'select count(*) from pings where $1::uuid[] is null or id = any($1)',
      [ids],
    );
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
}

describe('durability', () => {
  it('keeps every ping that was acknowledged, while the database is killed again and again', async () => {
    harness = await startHarness();
    await harness.publish();
    const { stateDir } = harness;
    const ask: Harness['ask'] = (...request) => harness!.ask(...request);
    const acknowledged: Record<string, unknown>[] = [];
    const over = new AbortController();
    const sender = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const one = ping('before');
        const { status, json } = await ask('POST', '/v1/pings', { body: { pings: [one] } });
        if (status === 200) acknowledged.push(one);
        else
          expect(json).toMatchObject({
            ok: false,
            code: 'DATABASE_UNAVAILABLE',
            message: expect.stringContaining('again'),
          });
      }
    };
    const senders = Array.from({ length: 8 }, sender);
    for (let kill = 1; kill <= 2; kill += 1) {
      const before = acknowledged.length;
      await until(() => acknowledged.length > before + 50);
      const pid = postmaster(stateDir);
      process.kill(pid, 'SIGKILL');
      // Machines are answered all the while: from memory.
      expect((await ask('GET', offerPath('internal'))).json.offer?.release.version).toBe('1');
      await until(async () => (await ask('GET', '/readyz')).status === 200 && postmaster(stateDir) !== pid);
    }
    over.abort();
    await Promise.all(senders);
    await harness.restart();
    for (let start = 0; start < acknowledged.length; start += 256) {
      const { json } = await harness.ask('POST', '/v1/pings', {
        body: { pings: acknowledged.slice(start, start + 256) },
      });
      expect(json.accepted).toBe(0);
    }
    // Unanswered ones may have been written too; each that was is counted once.
    await until(async () => (await ask('GET', '/v1/admin/rollouts/lp-1')).json.evidence.n >= acknowledged.length);
  });

  it('has every ping that was acknowledged before kill -9 of server and database in the middle of the load, once', async () => {
    harness = await startHarness();
    await harness.publish();
    await harness.server.close();
    const { stateDir } = harness;
    await using server = await startServerProcess({ stateDir });
    const acknowledged: Record<string, unknown>[] = [];
    const over = new AbortController();
    const sender = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const pings = Array.from({ length: 20 }, () => ping('before'));
        const request = { body: { pings }, agent: server.agent };
        const answer = await send(new URL('/v1/pings', server.url), 'POST', request).catch(() => undefined);
        if (answer?.status === 200) acknowledged.push(...pings);
      }
    };
    const senders = Array.from({ length: 8 }, sender);
    await until(() => acknowledged.length >= 2000);
    const database = postmaster(stateDir);
    process.kill(database, 'SIGKILL');
    await server.kill();
    over.abort();
    await Promise.all(senders);

    await harness.restart();
    expect(postmaster(stateDir)).not.toBe(database);
    expect(await countOf(stateDir, acknowledged)).toBe(acknowledged.length);
    for (let start = 0; start < acknowledged.length; start += 250) {
      const pings = acknowledged.slice(start, start + 250);
      const { json } = await harness.ask('POST', '/v1/pings', { body: { pings } });
      expect(json).toEqual({ accepted: 0, duplicates: pings.length, refused: [] });
    }
    // Those that were written and not acknowledged any more are there as well: each attempt counts once.
    const written = await countOf(stateDir);
    expect(written).toBeGreaterThanOrEqual(acknowledged.length);
    await until(async () => (await harness!.ask('GET', '/v1/admin/rollouts/lp-1')).json.evidence.n === written);
  });

  it('answers 503 and says when to come again while the database is away', async () => {
    harness = await startHarness();
    await harness.publish();
    process.kill(postmaster(harness.stateDir), 'SIGKILL');
    const { status, headers, json } = await harness.ask('GET', '/v1/admin/audit');
    if (status === 503) {
      expect(headers['retry-after']).toBe('5');
      expect(json.code).toBe('DATABASE_UNAVAILABLE');
    } else expect(status).toBe(200);
    await until(async () => (await harness!.ask('GET', '/v1/admin/audit')).status === 200);
  });
});

describe('two servers on one database', () => {
  it('tell the same, and count every ping once', async () => {
    harness = await startHarness();
    const password = readFileSync(join(harness.stateDir, 'secrets/database-password'), 'utf8');
    const socketDir = encodeURIComponent(join(harness.stateDir, 'postgres/run'));
    const other = await startHarness({ databaseUrl: `postgresql://klpkit:${password}@/postgres?host=${socketDir}` });
    try {
      expect(other.server.adminToken).toBeNull();
      await harness.publish();
      await until(async () => (await other.ask('GET', offerPath('internal'))).json.offer !== null);
      const attempts = Array.from({ length: 40 }, () => {
        const attemptId = randomUUID();
        return [ping('before', { attemptId }), ping('error', { attemptId, phase: 'insert', code: 'REJECTED' })];
      });
      // Every ping goes to both, at the same time, in another order.
      const posts = attempts.flatMap((pings) => [
        harness!.ask('POST', '/v1/pings', { body: { pings } }),
        other.ask('POST', '/v1/pings', { body: { pings: pings.toReversed() } }),
      ]);
      const accepted = (await Promise.all(posts)).reduce((sum, { json }) => sum + json.accepted, 0);
      expect(accepted).toBe(80);
      await until(async () => (await harness!.ask('GET', '/v1/admin/rollouts/lp-1')).json.evidence.n === 40);
      for (const one of [harness, other]) {
        await until(async () => (await one.ask('GET', offerPath('internal'))).json.reason === 'blocked');
      }
      const { json } = await harness.ask('GET', '/v1/admin/audit?release=lp-1');
      expect(json.rows.filter(({ action }) => action === 'rollout-pause')).toHaveLength(1);
      expect((await harness.ask('GET', '/v1/admin/rollouts/lp-1')).json.evidence).toEqual({
        n: 40,
        failed: 40,
        open: 0,
      });
    } finally {
      await other.close();
    }
  });
});

describe('secrets', () => {
  it('are in no log line and not readable by others', async () => {
    const lines: string[] = [];
    const adminToken = 'a-token-that-must-not-be-seen-anywhere-0123';
    harness = await startHarness(
      { logLevel: 'trace', adminToken },
      { logTo: { write: (line: string) => void lines.push(line) } },
    );
    await harness.publish();
    await harness.ask('GET', '/v1/admin/audit', { token: 'a-wrong-token-of-somebody-else' });
    await harness.ask('POST', '/v1/pings', { body: { pings: [ping('before', { machine: 'my-secret-machine' })] } });
    const made = await harness.ask('POST', '/v1/admin/tokens', { body: { name: 'x', role: 'viewer' } });
    const log = lines.join('');
    expect(log).toContain('the server answers');
    const password = readFileSync(join(harness.stateDir, 'secrets/database-password'), 'utf8');
    for (const secret of [adminToken, 'a-wrong-token', 'my-secret-machine', made.json.token, password, 'PRIVATE KEY']) {
      expect(log).not.toContain(secret);
    }
    expect(readdirSync(join(harness.stateDir, 'secrets')).length).toBeGreaterThan(3);
  });
});

describe('limits', () => {
  it('slows down one address, not the tokens of others', async () => {
    harness = await startHarness({ limits: { requestsPerMinute: 5 } });
    const statuses: number[] = [];
    for (let count = 0; count < 7; count += 1) statuses.push((await harness.ask('GET', '/healthz')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429, 429]);
    const refused = await harness.ask('GET', '/healthz', { token: 'klp_invented' });
    expect(refused.json).toMatchObject({ ok: false, code: 'RATE_LIMITED' });
    expect((await harness.ask('GET', '/v1/admin/audit')).status).toBe(200);
  });

  it('closes new connections of an address that opens too many, and no others', async () => {
    const lines: string[] = [];
    harness = await startHarness(
      { logLevel: 'info', limits: { connectionsPerMinute: 60 } },
      { logTo: { write: (line: string) => void lines.push(line) } },
    );
    const { server } = harness;
    const url = new URL('/healthz', server.url);
    const statusFrom = async (localAddress: string): Promise<number | undefined> => {
      const agent = new Agent({ keepAlive: false, localAddress, ca: server.certificate });
      return await send(url, 'GET', { agent }).then(
        ({ status }) => status,
        () => undefined,
      );
    };
    const statuses: (number | undefined)[] = [];
    for (let count = 0; count < 30; count += 1) statuses.push(await statusFrom('127.0.0.2'));
    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 200));
    expect(statuses).toContain(undefined);
    expect(await statusFrom('127.0.0.3')).toBe(200);
    expect((await harness.ask('GET', '/healthz')).status).toBe(200);
    expect(lines.filter((line) => line.includes('too many connections'))).toEqual([
      expect.stringContaining('"network":"127.0.0.2"'),
    ]);
  });

  it('asks for the tier’s token where it is told to', async () => {
    harness = await startHarness({ pingAuth: 'token' });
    await harness.publish();
    const { json } = await harness.ask('POST', '/v1/admin/tokens', {
      body: { name: 'fleet', role: 'tier', tier: 'internal' },
    });
    const post = (token: string | null, tier: string) =>
      harness!.ask('POST', '/v1/pings', { token, body: { pings: [ping('before', { tier })] } });
    expect((await post(null, 'internal')).json.code).toBe('UNAUTHORIZED');
    expect((await post(harness.token, 'internal')).json.code).toBe('FORBIDDEN');
    expect((await post(json.token, 'stable')).json.code).toBe('FORBIDDEN');
    expect((await post(json.token, 'internal')).json.accepted).toBe(1);
  });
});

describe('the certificate of a running server', () => {
  it('is renewed while connections stay open', async () => {
    harness = await startHarness({ tls: { lifetimeMs: 9_000, checkIntervalMs: 100 } });
    const { server } = harness;
    const url = new URL('/healthz', server.url);
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: server.certificate });
    // On a machine that is busy with other things a certificate of seconds may have run out when it is looked at.
    const serialOf = async (): Promise<string | undefined> => {
      const { connect } = await import('node:tls');
      const socket = connect({ host: '127.0.0.1', port: Number(url.port), ca: server.certificate });
      return new Promise((resolve) => {
        socket.once('close', () => resolve(undefined));
        socket.once('error', () => resolve(undefined));
        socket.once('secureConnect', () => {
          resolve(socket.getPeerCertificate().serialNumber);
          socket.destroy();
        });
      });
    };
    let connections = 0;
    agent.on('free', () => {
      connections = Object.values(agent.freeSockets).flat().length;
    });
    await send(url, 'GET', { agent });
    const first = await until(serialOf);
    await until(async () => {
      const serial = await serialOf();
      return serial !== undefined && serial !== first;
    });
    expect((await send(url, 'GET', { agent })).json).toEqual({ ok: true });
    expect(connections).toBe(1);
    agent.destroy();
  });
});
