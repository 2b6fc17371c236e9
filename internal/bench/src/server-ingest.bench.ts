import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { tempFolder } from '@klpkit-internal/testkit';
import { Client } from 'pg';
import type { BenchContext, BenchRow } from './bench.ts';
import { median } from './median.ts';
import { beforePing, type BenchServer, publishRelease, startBenchServer } from './server-bench.ts';
import { load, type Running, startProgram, wrkMissing } from './server-load.ts';
import { insertBatches } from './server-raw-insert.ts';

export const name = 'server: ingest';

const rounds = 3;
const roundS = 5;
const singleConnections = 64;
const batchConnections = 8;
const batchSize = 100;
const storedPings = 1_000_000;

interface Place {
  readonly context: BenchContext;
  readonly server: BenchServer;
  readonly release: string;
  readonly folder: string;
}

interface Figures {
  readonly ours: number;
  readonly peer: number;
  readonly ratio: number;
}

/** More bodies than a round sends: a ping that was there already would cost less. */
function bodies(release: string, count: number, size: number): string[] {
  return Array.from({ length: count }, () =>
    JSON.stringify({ pings: Array.from({ length: size }, () => beforePing(release)) }),
  );
}

async function post(
  place: Place,
  body: { url: string; connections: number; bodies: readonly string[] },
): Promise<number> {
  const { url, ...rest } = body;
  const { perSecond, failed, said } = await load({
    ...rest,
    url: `${url}/v1/pings`,
    seconds: roundS,
    folder: place.folder,
  });
  if (failed > 0) throw new Error(`${failed} requests were not answered well: ${said}`);
  return perSecond;
}

/** The first round warms both up and is not counted; each begins when what was sent before has been counted. */
async function inRounds(place: Place, measure: () => Promise<{ ours: number; peer: number }>): Promise<Figures> {
  const all: { ours: number; peer: number }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    await allCounted(place);
    const figures = await measure();
    if (round > 0) all.push(figures);
  }
  return {
    ours: median(all.map(({ ours }) => ours)),
    peer: median(all.map(({ peer }) => peer)),
    ratio: median(all.map(({ ours, peer }) => ours / peer)),
  };
}

async function singles(place: Place, peerUrl: string): Promise<Figures> {
  return inRounds(place, async () => ({
    ours: await post(place, {
      url: place.server.said.url,
      connections: singleConnections,
      bodies: bodies(place.release, 60_000, 1),
    }),
    peer: await post(place, { url: peerUrl, connections: singleConnections, bodies: bodies(place.release, 1_000, 1) }),
  }));
}

async function batches(place: Place): Promise<Figures> {
  return inRounds(place, async () => ({
    ours:
      batchSize *
      (await post(place, {
        url: place.server.said.url,
        connections: batchConnections,
        bodies: bodies(place.release, 4_000, batchSize),
      })),
    peer: await insertBatches(place.server.database, { connections: batchConnections, batchSize, seconds: roundS }),
  }));
}

/** The tally works off its backlog: what earlier rounds left behind is not to be paid by this one. */
async function allCounted({ server, context }: Place): Promise<void> {
  const client = new Client(server.database);
  await client.connect();
  const behind =
    'select exists (select from pings, tally where (pings.xid, pings.seq) > (tally.xid, tally.seq)) as behind';
  try {
    for (;;) {
      context.signal.throwIfAborted();
      const { rows } = await client.query<{ behind: boolean }>(behind);
      if (rows[0]?.behind === false) return;
      await sleep(200);
    }
  } finally {
    await client.end();
  }
}

/** Rows as if they had come long ago and been counted. */
async function store(server: BenchServer, count: number): Promise<void> {
  const client = new Client(server.database);
  await client.connect();
  await client.query(
    `insert into pings (id, sent_at, received_at, attempt_id, kind, release, kernel, arch, tier, late, detail)
     select gen_random_uuid(), $1::bigint - n, $1, gen_random_uuid(), 'check', null, '6.1.0-56-amd64', 'x86_64', 'stable', false, '{}'
     from generate_series(1, $2::int) n`,
    [Date.now(), count],
  );
  await client.query('update tally set xid = pg_current_xact_id(), seq = (select last_value from ping_seq)');
  await client.query('vacuum analyze pings');
  await client.end();
}

/** All of the process, but not what it has in common with others (its own file mappings count). */
function residentMebibytes(pid: number | undefined): number {
  const kibibytes = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return kibibytes / 1024;
}

async function memory(place: Place): Promise<BenchRow> {
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, residentMebibytes(place.server.child.pid))), 100);
  await post(place, { url: place.server.said.url, connections: 500, bodies: bodies(place.release, 60_000, 1) }).finally(
    () => clearInterval(timer),
  );
  return {
    what: 'memory of the server process at 500 connections, most seen, without PostgreSQL’s',
    ours: most,
    peer: null,
    ratio: null,
    unit: 'MiB',
    target: 'under 200 MiB',
    ok: most < 200,
  };
}

function ratioRow(what: string, figures: Figures, least: number): BenchRow {
  return { what, ...figures, unit: '/s', target: `at least ${least}x the peer's speed`, ok: figures.ratio >= least };
}

export async function run(context: BenchContext): Promise<BenchRow[]> {
  const missing = wrkMissing();
  if (missing !== undefined) throw new Error(missing);
  await using temp = await tempFolder('klpkit-bench-');
  const folder = temp.path;
  const server = await startBenchServer(join(folder, 'state'));
  let peer: Running<{ url: string }> | undefined;
  try {
    peer = await startProgram<{ url: string }>(new URL('./server-peer-program.ts', import.meta.url), {
      secrets: join(folder, 'state/secrets'),
    });
    const place: Place = { context, server, folder, release: await publishRelease(server, 'lp') };
    context.log('single pings, batches, memory');
    const first = { single: await singles(place, peer.said.url), batch: await batches(place) };
    const atMost = await memory(place);
    context.log(`the same with ${storedPings.toLocaleString('en')} pings stored`);
    await store(server, storedPings);
    const later = { single: await singles(place, peer.said.url), batch: await batches(place) };
    const kept = (what: string, now: Figures, before: Figures): BenchRow =>
      ratioRow(
        `${what} with 1,000,000 pings stored, each against its peer, to the same with none`,
        { ours: now.ratio, peer: before.ratio, ratio: now.ratio / before.ratio },
        0.9,
      );
    return [
      ratioRow('durable single pings over HTTPS, 64 connections, against fastify that drops them', first.single, 0.5),
      ratioRow('pings in batches of 100, 8 connections, against raw unnest into the same table by 8', first.batch, 0.7),
      kept('single pings', later.single, first.single),
      kept('batches of 100', later.batch, first.batch),
      atMost,
    ];
  } finally {
    await peer?.stop();
    await server.stop();
  }
}
