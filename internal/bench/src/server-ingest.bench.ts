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

// The machine's speed may change by half within seconds: many short rounds, ours and the peer's in turn.
const rounds = 11;
const roundS = 2;
const singleConnections = 64;
/** For the peer as many as for us, though it would take them again: what wrk reads has a price, too. */
const singleBodies = 60_000;
const warmS = 15;
const warmBodies = 300_000;
const batchConnections = 8;
const batchSize = 100;
const storedPings = 1_000_000;
/** Memory grows with the first connections and not with the next: the more waves, the nearer to where it stays. */
const memoryWaves = 5;

interface Place {
  readonly context: BenchContext;
  readonly server: BenchServer;
  readonly release: string;
  readonly folder: string;
}

/** Two servers, the second with pings stored, and the peer: measured in turn, so that all three meet the same machine. */
interface Places {
  readonly fresh: Place;
  readonly full: Place;
  readonly peerUrl: string;
}

interface Round {
  readonly fresh: number;
  readonly full: number;
  readonly peer: number;
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
  body: { url: string; connections: number; bodies: readonly string[]; seconds?: number },
): Promise<number> {
  const { url, seconds = roundS, ...rest } = body;
  const { perSecond, failed, said } = await load({
    ...rest,
    url: `${url}/v1/pings`,
    seconds,
    folder: place.folder,
  });
  if (failed > 0) throw new Error(`${failed} requests were not answered well: ${said}`);
  return perSecond;
}

interface Measures {
  /** Of one of our servers. */
  readonly ours: (place: Place) => Promise<number>;
  readonly peer: () => Promise<number>;
}

/**
 * The first round warms all up and is not counted. Which of the two servers comes first changes from round to round: what comes second
 * meets a machine that was just at work.
 */
async function inRounds({ fresh, full }: Places, { ours, peer }: Measures): Promise<readonly Round[]> {
  const all: Round[] = [];
  const inTurn = { fresh: () => ours(fresh), full: () => ours(full), peer };
  for (let round = 0; round <= rounds; round += 1) {
    const figures = { fresh: 0, full: 0, peer: 0 };
    for (const one of round % 2 === 0 ? orders.fresh : orders.full) {
      await allCounted(fresh);
      await allCounted(full);
      figures[one] = await inTurn[one]();
    }
    if (round > 0) all.push(figures);
    fresh.context.log(
      `round ${round}: ${Object.entries(figures)
        .map(([one, perSecond]) => `${one} ${perSecond.toFixed(0)}/s`)
        .join(', ')}`,
    );
  }
  return all;
}

const orders = { fresh: ['fresh', 'full', 'peer'], full: ['full', 'fresh', 'peer'] } as const;

function figuresOf(all: readonly Round[], [ours, peer]: readonly [keyof Round, keyof Round]): Figures {
  return {
    ours: median(all.map((round) => round[ours])),
    peer: median(all.map((round) => round[peer])),
    ratio: median(all.map((round) => round[ours] / round[peer])),
  };
}

async function singles(places: Places): Promise<readonly Round[]> {
  await warmUp(places);
  const ask = ({ release }: Place, url: string): Promise<number> =>
    post(places.fresh, { url, connections: singleConnections, bodies: bodies(release, singleBodies, 1) });
  return inRounds(places, {
    ours: (place) => ask(place, place.server.said.url),
    peer: () => ask(places.fresh, places.peerUrl),
  });
}

/** V8 compiles for some hundred thousand requests until nothing changes any more, on threads that need processors, too. */
async function warmUp({ fresh, full, peerUrl }: Places): Promise<void> {
  const warm = (url: string, { release }: Place): Promise<number> =>
    post(fresh, { url, connections: singleConnections, bodies: bodies(release, warmBodies, 1), seconds: warmS });
  await warm(fresh.server.said.url, fresh);
  await warm(full.server.said.url, full);
  await warm(peerUrl, fresh);
}

function batches(places: Places): Promise<readonly Round[]> {
  return inRounds(places, {
    ours: async (place) =>
      batchSize *
      (await post(place, {
        url: place.server.said.url,
        connections: batchConnections,
        bodies: bodies(place.release, 2_000, batchSize),
      })),
    peer: () =>
      insertBatches(places.fresh.server.database, { connections: batchConnections, batchSize, seconds: roundS }),
  });
}

/** The tally works off its backlog: what was measured before is not to be paid by what is measured next. */
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
  await client.query('checkpoint');
  await client.end();
}

/** All of the process, but not what it has in common with others (its own file mappings count). */
function residentMebibytes(pid: number | undefined): number {
  const kibibytes = Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return kibibytes / 1024;
}

async function mostMemory(place: Place): Promise<number> {
  let most = 0;
  const timer = setInterval(() => (most = Math.max(most, residentMebibytes(place.server.child.pid))), 100);
  const url = place.server.said.url;
  await post(place, { url, connections: 500, bodies: bodies(place.release, singleBodies, 1) }).finally(() =>
    clearInterval(timer),
  );
  return most;
}

async function memory(place: Place): Promise<BenchRow[]> {
  const waves: number[] = [];
  for (let wave = 0; wave < memoryWaves; wave += 1) waves.push(await mostMemory(place));
  const what = 'memory of the server process at 500 connections, most seen, without PostgreSQL’s';
  const [first = Number.NaN] = waves;
  const row = { peer: null, ratio: null, unit: 'MiB' };
  return [
    { what, ours: first, ...row, target: 'under 200 MiB', ok: first < 200 },
    {
      what: `the same when they come for the ${memoryWaves}th time`,
      ours: Math.max(...waves),
      ...row,
      target: null,
      ok: true,
    },
  ];
}

function ratioRow(what: string, figures: Figures, target: string, least: number): BenchRow {
  return { what, ...figures, unit: '/s', target: `at least ${least}x ${target}`, ok: figures.ratio >= least };
}

async function open(context: BenchContext, { folder, state }: { folder: string; state: string }): Promise<Place> {
  const server = await startBenchServer(join(folder, state));
  return { context, server, folder, release: await publishRelease(server, 'lp') };
}

async function measure(places: Places): Promise<BenchRow[]> {
  const { context } = places.fresh;
  context.log('single pings');
  const single = await singles(places);
  context.log('batches');
  const batch = await batches(places);
  const speed = "the peer's speed";
  const kept = 'the speed without them';
  return [
    ratioRow(
      'durable single pings over HTTPS, 64 connections, against fastify that drops them',
      figuresOf(single, ['fresh', 'peer']),
      speed,
      0.5,
    ),
    ratioRow(
      'pings in batches of 100, 8 connections, against raw unnest into the same table by 8',
      figuresOf(batch, ['fresh', 'peer']),
      speed,
      0.7,
    ),
    ratioRow(
      'single pings with 1,000,000 pings stored, to the same with none',
      figuresOf(single, ['full', 'fresh']),
      kept,
      0.9,
    ),
    ratioRow(
      'batches of 100 with 1,000,000 pings stored, to the same with none',
      figuresOf(batch, ['full', 'fresh']),
      kept,
      0.9,
    ),
    ...(await memory(places.fresh)),
  ];
}

export async function run(context: BenchContext): Promise<BenchRow[]> {
  const missing = wrkMissing();
  if (missing !== undefined) throw new Error(missing);
  await using temp = await tempFolder('klpkit-bench-');
  const folder = temp.path;
  const running: { stop(): Promise<void> }[] = [];
  try {
    const fresh = await open(context, { folder, state: 'fresh' });
    running.push(fresh.server);
    const full = await open(context, { folder, state: 'full' });
    running.push(full.server);
    context.log(`${storedPings.toLocaleString('en')} pings are stored in one of two servers`);
    await store(full.server, storedPings);
    const secrets = join(folder, 'fresh/secrets');
    const peer: Running<{ url: string }> = await startProgram(new URL('./server-peer-program.ts', import.meta.url), {
      secrets,
    });
    running.push(peer);
    return await measure({ fresh, full, peerUrl: peer.said.url });
  } finally {
    await Promise.all(running.map((one) => one.stop()));
  }
}
