import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseOf, type Harness, offerPath, ping, send, startHarness, until } from '../testing/harness.ts';
import { type ServerProcess, startServerProcess } from '../testing/server-process.ts';
import { queueMetricNames } from './queue-metrics.ts';
import { type NatsCluster, natsMissing, startNatsCluster } from '../testing/nats-cluster.ts';

const missing = natsMissing();

describe.skipIf(missing !== undefined)(
  `pings through NATS${missing === undefined ? '' : `, left out: ${missing}`}`,
  () => {
    let cluster: NatsCluster;
    let harness: Harness;
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'klpkit-other-'));
      cluster = await startNatsCluster();
      await untilStreamsCanBeMade(cluster.url);
      harness = await startHarness({
        queue: { url: cluster.url, maxBytes: 64 * 1024 * 1024 },
        limits: { requestsPerMinute: null },
      });
      await harness.publish();
    });
    afterAll(async () => {
      await harness?.close();
      await cluster?.close();
      await rm(folder, { recursive: true, force: true });
    });

    /** What /metrics says of the queue, by name. */
    const measured = async (): Promise<Record<string, number>> => {
      const { bytes } = await harness.ask('GET', '/metrics');
      const lines = [...bytes.toString().matchAll(/^klpkit_(queue_\w+) (\S+)$/gm)];
      return Object.fromEntries(lines.map(([, name, value]) => [name, Number(value)]));
    };
    const isIdle = (now: Record<string, number>): boolean =>
      now.queue_stream_messages === 0 && now.queue_consumer_ack_floor_lag_messages === 0;

    it('are measured while they wait and when they are written', async () => {
      const quiet = await until(async () => {
        const now = await measured();
        return now.queue_current_replicas === 3 && isIdle(now) && now;
      });
      expect(quiet).toEqual({
        queue_up: 1,
        queue_leader_known: 1,
        queue_current_replicas: 3,
        queue_stream_messages: 0,
        queue_stream_bytes: 0,
        queue_stream_max_bytes: 64 * 1024 * 1024,
        queue_consumer_pending_messages: 0,
        queue_consumer_ack_pending_messages: 0,
        queue_consumer_redelivered_messages: 0,
        queue_consumer_ack_floor_lag_messages: 0,
      });
      await withLockedLog(harness.stateDir, async () => {
        const before = Date.now();
        for (let message = 0; message < 3; message += 1)
          expect((await harness.ask('POST', '/v1/pings', { body: { pings: [ping('before')] } })).status).toBe(200);
        const waiting = await until(async () => {
          const now = await measured();
          return now.queue_stream_messages === 3 && now.queue_consumer_ack_pending_messages === 3 && now;
        });
        expect(waiting.queue_stream_bytes).toBeGreaterThan(3 * 200);
        expect(waiting.queue_consumer_ack_floor_lag_messages).toBe(3);
        expect(waiting.queue_oldest_message_timestamp_seconds).toBeGreaterThan(before / 1000 - 60);
        expect(waiting.queue_oldest_message_timestamp_seconds).toBeLessThan(Date.now() / 1000 + 60);
        // A writer holds a message for ten seconds; then it is given out again.
        await until(async () => Number((await measured()).queue_consumer_redelivered_messages) > 0);
      });
      const after = await until(async () => {
        const now = await measured();
        return isIdle(now) && now;
      });
      expect(after).not.toHaveProperty('queue_oldest_message_timestamp_seconds');
    });

    it('tell when NATS has lost its leader, and the server goes on', async () => {
      await Promise.all([cluster.kill(0), cluster.kill(1)]);
      await until(async () => (await measured()).queue_leader_known === 0);
      expect((await harness.ask('GET', offerPath('internal'))).status).toBe(200);
      await Promise.all([cluster.restart(0), cluster.restart(1)]);
      await until(async () => (await measured()).queue_leader_known === 1);
      await until(async () => (await measured()).queue_current_replicas === 3);
    });

    it('have every metric that the alerts and the dashboard name', async () => {
      const { bytes } = await harness.ask('GET', '/metrics');
      const names = bytes.toString().match(/(?<=^# TYPE )klpkit_queue_\w+/gm) ?? [];
      expect(names.toSorted()).toEqual([...queueMetricNames].toSorted());
    });

    it('are counted once each, whatever dies meanwhile', async () => {
      await using other = await startOther({ folder, harness, queue: cluster.url });
      const acknowledged = new Map<string, Record<string, unknown>>();
      const over = new AbortController();
      const sender = async (to: () => { url: string; agent?: Agent } | undefined): Promise<void> => {
        while (!over.signal.aborted) {
          const target = to();
          if (target === undefined) return;
          const pings = Array.from({ length: 5 }, () => ping('before'));
          // A machine sends again what was not acknowledged, as it is.
          for (let isDone = false; !isDone && !over.signal.aborted; ) {
            const what = { body: { pings }, ...(target.agent === undefined ? {} : { agent: target.agent }) };
            const answer = await (target.agent === undefined
              ? harness.ask('POST', '/v1/pings', what)
              : send(new URL('/v1/pings', target.url), 'POST', what)
            ).catch(() => undefined);
            isDone = answer?.status === 200;
            if (isDone) for (const one of pings) acknowledged.set(String(one.id), one);
            if (to() === undefined) return;
          }
        }
      };
      let isOtherAlive = true;
      const toThis = () => ({ url: harness.server.url });
      const toOther = () => (isOtherAlive ? other : undefined);
      const senders = [toThis, toThis, toThis, toOther, toOther, toOther].map(sender);
      const progress = async (more: number): Promise<void> => {
        const from = acknowledged.size;
        await until(() => acknowledged.size >= from + more);
      };

      await progress(200);
      // The leader of the stream dies, and comes back.
      const leader = cluster.indexOf(await leaderOf(cluster.url));
      await cluster.kill(leader);
      await progress(200);
      await cluster.restart(leader);

      // The database dies while pings come in: they go on being acknowledged.
      const postmaster = Number(
        readFileSync(join(harness.stateDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n', 1)[0],
      );
      process.kill(postmaster, 'SIGKILL');
      await progress(200);

      // A server dies in the middle of what it writes and takes.
      isOtherAlive = false;
      await other.kill();
      await progress(100);
      over.abort();
      await Promise.all(senders);

      const counted = async (): Promise<number> =>
        (await harness.ask('GET', '/v1/admin/rollouts/lp-1')).json?.evidence?.n ?? 0;
      await until(async () => (await counted()) >= acknowledged.size && (await waitingIn(cluster.url)) === 0);
      // What was sent again is there: not one of the acknowledged is missing, and none counts twice.
      const all = [...acknowledged.values()];
      const before = await counted();
      for (let start = 0; start < all.length; start += 250)
        expect(
          (await harness.ask('POST', '/v1/pings', { body: { pings: all.slice(start, start + 250) } })).status,
        ).toBe(200);
      await harness.ask('POST', '/v1/pings', {
        body: { pings: [ping('before', { attemptId: '00000000-0000-4000-8000-000000000001' })] },
      });
      await until(async () => (await counted()) === before + 1 && (await waitingIn(cluster.url)) === 0);
      expect(await counted()).toBe(before + 1);
    }, 240_000);

    it('are refused with a code where the stream cannot keep them', async () => {
      await expect(startHarness({ queue: { url: 'nats://127.0.0.1:1' } })).rejects.toMatchObject({
        code: 'QUEUE_UNAVAILABLE',
      });
    });

    it('do not keep a server from going down when NATS is gone', async () => {
      await Promise.all([cluster.kill(0), cluster.kill(1), cluster.kill(2)]);
      await until(async () => (await measured()).queue_up === 0);
      await harness.close();
    });
  },
);

/** Another server on the same database and stream. */
function startOther(parts: { folder: string; harness: Harness; queue: string }): Promise<ServerProcess> {
  return startServerProcess({
    stateDir: join(parts.folder, 'state'),
    databaseUrl: databaseOf(parts.harness.stateDir).connectionString,
    queue: { url: parts.queue, maxBytes: 64 * 1024 * 1024 },
    limits: { requestsPerMinute: null },
  });
}

/** Nothing is written while somebody holds the log; what does not touch it goes on. */
async function withLockedLog(stateDir: string, run: () => Promise<void>): Promise<void> {
  const holder = new Client(databaseOf(stateDir));
  await holder.connect();
  try {
    await holder.query('begin; lock table pings in access exclusive mode');
    await run();
  } finally {
    await holder.end();
  }
}

const serversOf = (url: string): string[] => url.split(',').map((one) => new URL(one).host);

async function untilStreamsCanBeMade(url: string): Promise<void> {
  await until(async () => {
    const connection = await connect({ servers: serversOf(url), timeout: 2_000 }).catch(() => undefined);
    if (connection === undefined) return false;
    try {
      const manager = await jetstreamManager(connection, { timeout: 2_000 });
      await manager.streams.add({ name: 'READY', subjects: ['ready'], num_replicas: 3 });
      await manager.streams.delete('READY');
      return true;
    } catch {
      return false;
    } finally {
      await connection.close();
    }
  });
}

async function withManager<T>(
  url: string,
  ask: (manager: Awaited<ReturnType<typeof jetstreamManager>>) => Promise<T>,
): Promise<T> {
  return await until(async () => {
    const connection = await connect({ servers: serversOf(url), timeout: 2_000 }).catch(() => undefined);
    if (connection === undefined) return undefined;
    try {
      return { value: await ask(await jetstreamManager(connection, { timeout: 2_000 })) };
    } catch {
      return undefined;
    } finally {
      await connection.close();
    }
  }).then(({ value }) => value);
}

const leaderOf = (url: string): Promise<string> =>
  withManager(url, async (manager) => {
    const { cluster } = await manager.streams.info('KLPKIT_PINGS');
    if (cluster?.leader === undefined) throw new Error('no leader yet');
    return cluster.leader;
  });

const waitingIn = (url: string): Promise<number> =>
  withManager(url, async (manager) => (await manager.streams.info('KLPKIT_PINGS')).state.messages);
