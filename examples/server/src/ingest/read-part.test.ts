import { createHash } from 'node:crypto';
import { parsePing, type Ping } from '@klpkit/pings';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { databaseOf, type Harness, startHarness, until } from '../testing/harness.ts';
import { openPingLog } from './ping-log.ts';
import { mostRows, type ReachedPhase } from './read-part.ts';
import { readLog } from './tally.ts';

const log = pino({ level: 'silent' });
const start = 1_764_000_000_000;
const answerWindowMs = 3_600_000;
const releases = ['lp-1', 'lp-2', 'old-1'];
const tiers = ['internal', 'updates'];
/** `old-1` goes on no more: its machines are begun one by one. */
const phases: ReachedPhase[] = ['lp-1', 'lp-2'].flatMap((release, index) =>
  tiers.map((tier, tierIndex) => ({ release, tier, phase: (index + 1) * 100_000 + tierIndex })),
);
const phaseOf = (release: string, tier: string): number =>
  phases.find((one) => one.release === release && one.tier === tier)?.phase ?? 0;

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.close());

async function openNew(name: string): Promise<Database> {
  const { connectionString } = databaseOf(harness.stateDir);
  const first = openDatabase({ connectionString }, { log });
  await first.query(`create database ${name}`);
  await first.close();
  const database = openDatabase({ connectionString: connectionString.replace('/postgres?', `/${name}?`) }, { log });
  await migrate(database, { log });
  return database;
}

/** The same numbers for the same seed, everywhere. */
function numbersFrom(seed: string): (below: number) => number {
  let given = 0;
  return (below) => {
    given += 1;
    return createHash('sha256').update(`${seed} ${given}`).digest().readUInt32BE(0) % below;
  };
}

function uuidFrom(below: (below: number) => number): string {
  const hex = Array.from({ length: 4 }, () =>
    below(2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

type Fields = Record<string, unknown>;
const health = (index: number): Fields => ({ kind: 'health', index, sinceAppliedMs: index * 1000, healthy: true });
const failed: Fields = { kind: 'error', phase: 'transition', code: 'STALLED', kernelLine: 'livepatch: signaling' };
/** What machines and forgers say of one attempt. */
const courses: readonly (readonly Fields[])[] = [
  [{ kind: 'before' }],
  [{ kind: 'before' }, { kind: 'after', durationMs: 3 }, health(0), health(1), health(2), health(3)],
  [{ kind: 'before' }, { kind: 'transition', elapsedMs: 15_000, blockedTasks: 1 }, failed],
  [{ kind: 'before' }, { kind: 'before' }],
  [{ kind: 'before' }, { kind: 'before', release: 'lp-2' }],
  [health(3), { kind: 'before' }],
  [{ kind: 'before' }, { kind: 'left' }],
  [{ kind: 'before' }, health(3), failed],
  [{ kind: 'control-before' }],
  [{ kind: 'control-before' }, { kind: 'control-after', healthy: true }],
  [{ kind: 'control-before' }, { kind: 'control-after', healthy: false }, { kind: 'before' }],
  [{ kind: 'check', outcome: 'held', reason: 'not-in-phase' }],
  [{ kind: 'check', outcome: 'nothing', release: null }, { kind: 'before' }],
  [failed],
];

/** The pings of many attempts, mixed as they come from a fleet: near to each other, in no order that one could rely on. */
function fleet(seed: string, attempts: number): Ping[] {
  const below = numbersFrom(seed);
  const one = (index: number): { at: number; ping: Ping }[] => {
    const base = {
      attemptId: uuidFrom(below),
      release: releases[below(3)],
      tier: tiers[below(2)],
      kernel: '6.1.0-56-amd64',
      arch: 'x86_64',
      ...(below(3) === 0 ? {} : { cpuFamily: `intel-${below(40).toString(16)}` }),
      ...(below(20) === 0 ? { late: true } : {}),
    };
    return (courses[below(courses.length)] ?? []).map((fields) => ({
      at: index * 10 + below(60),
      ping: parsePing({ ...base, id: uuidFrom(below), sentAt: start + index, ...fields }),
    }));
  };
  const all = Array.from({ length: attempts }, (_, index) => one(index)).flat();
  return all.toSorted((a, b) => a.at - b.at).map(({ ping }) => ping);
}

/**
 * Waits for transactions of anybody else on this PostgreSQL that are older than a ping and still open: no reading sees that ping before they
 * end, and of contradicting pings what is read first stands.
 */
async function untilReadable(database: Database): Promise<void> {
  await until(async () => {
    const { rows } = await database.query<{ readable: boolean }>(
      'select not exists (select from pings where xid >= pg_snapshot_xmin(pg_current_snapshot())) as readable',
    );
    return rows[0]?.readable;
  });
}

/** Writes the pings in transactions of different sizes and reads the log after some of them; in the end every window is over. */
async function count(database: Database, pings: readonly Ping[], options: { seed: string; phases: ReachedPhase[] }) {
  const below = numbersFrom(options.seed);
  const pingLog = openPingLog(database);
  const read = async (now: number): Promise<void> => {
    const gate = { answerWindowMs, provenBy: 3, intervalMs: 10 * answerWindowMs } as const;
    const settings = { gate, phaseOf, phases: options.phases, expectedShare: () => 1, now, rows: 1 + below(400) };
    await untilReadable(database);
    while ((await readLog(database, settings)).hasMore);
  };
  for (let from = 0; from < pings.length; ) {
    const size = below(4) === 0 ? 1 : below(300);
    await pingLog.append(pings.slice(from, from + size).map((ping) => ({ ping, receivedAt: start + from })));
    from += size;
    if (below(3) === 0) await read(start + from);
  }
  await read(start + pings.length);
  await read(start + pings.length + answerWindowMs + 1);
}

async function everythingIn(database: Database): Promise<Record<string, unknown[]>> {
  const tables = ['attempts', 'outcome_counts', 'ping_counts', 'check_counts', 'failure_counts', 'gate_streams'];
  const rows = tables.map(async (table) => {
    const result = await database.query(`select to_jsonb(one) as row from ${table} as one order by to_jsonb(one)`);
    return [table, result.rows] as const;
  });
  return Object.fromEntries(await Promise.all(rows));
}

describe('attempts that begin inside the database', () => {
  it.each(['a', 'b', 'c'])('leave the same tables as when each is begun one by one (%s)', async (seed) => {
    const pings = fleet(seed, 1_500);
    const [inside, oneByOne] = [await openNew(`inside_${seed}`), await openNew(`one_by_one_${seed}`)];
    await count(inside, pings, { seed, phases });
    await count(oneByOne, pings, { seed, phases: [] });
    const [found, expected] = [await everythingIn(inside), await everythingIn(oneByOne)];
    await Promise.all([inside.close(), oneByOne.close()]);
    expect(expected['attempts']!.length).toBeGreaterThan(1_000);
    expect(found).toEqual(expected);
  });
});

it('reads no more text at once than it can hold, and all of it in the end', async () => {
  const database = await openNew('long');
  const below = numbersFrom('long');
  const line = 'livepatch '.repeat(25).trim();
  const incident = { kind: 'fault', title: line, attribution: 'weak', trace: Array.from({ length: 24 }, () => line) };
  const base = { release: 'lp-1', tier: 'internal', kernel: '6.1.0-56-amd64', arch: 'x86_64', sentAt: start };
  const long = Array.from({ length: 300 }, () => ({
    receivedAt: start,
    ping: parsePing({
      ...base,
      ...failed,
      id: uuidFrom(below),
      attemptId: uuidFrom(below),
      incidents: Array.from({ length: 8 }, () => incident),
    }),
  }));
  await openPingLog(database).append(long);
  const gate = { answerWindowMs, provenBy: 3, intervalMs: 10 * answerWindowMs } as const;
  const read = (rows: number) => readLog(database, { gate, phaseOf, phases, expectedShare: () => 1, now: start, rows });
  await untilReadable(database);
  const first = await read(mostRows);
  // What it found beyond that was measured for nothing: it asks for less next time.
  expect(first).toMatchObject({ hasMore: true });
  expect(first.nextRows).toBeLessThan(400);
  for (let part = first; part.hasMore; ) part = await read(part.nextRows);
  const { rows } = await database.query('select pings from ping_counts');
  await database.close();
  expect(rows).toEqual([{ pings: 300 }]);
});
