import { join } from 'node:path';
import { tempFolder } from '@klpkit-internal/testkit';
import { Client } from 'pg';
import type { BenchContext, BenchRow } from './bench.ts';
import { type BenchServer, publishRelease, startBenchServer } from './server-bench.ts';

export const name = 'server: the dashboard over 10,000,000 pings';

const storedPings = 10_000_000;
const chunk = 500_000;
const requests = 300;
/** What the page asks for. */
const paths = (release: string): readonly string[] => [
  '/v1/dashboard/patches',
  `/v1/dashboard/patches/${release}`,
  `/v1/admin/rollouts/${release}`,
  `/v1/admin/audit?release=${release}`,
];

/** Pings and attempts of machines that applied a release, with the counts that the tally would have made of them. */
async function store(server: BenchServer, release: string, context: BenchContext): Promise<void> {
  const client = new Client(server.database);
  await client.connect();
  try {
    // These rows count as counted: until all are there the tally reads from a place that none of them will have.
    await client.query("update tally set xid = '18446744073709551615'::xid8");
    for (let from = 0; from < storedPings; from += chunk) {
      context.signal.throwIfAborted();
      await client.query(
        `insert into pings (id, sent_at, received_at, attempt_id, kind, release, kernel, arch, tier, late, detail)
         select gen_random_uuid(), $1::bigint - n * 50, $1, gen_random_uuid(), (array['before', 'after', 'health', 'health', 'health'])[1 + n % 5],
           $4::text, '6.1.0-56-amd64', 'x86_64', 'internal', false, '{}' from generate_series($2::int, $3::int) n`,
        [Date.now(), from, from + chunk - 1, release],
      );
      context.log(`${from + chunk} pings stored`);
    }
    await client.query(
      `insert into attempts (attempt_id, release, tier, phase, kernel, arch, control, before_at, deadline, proven_at, is_counted, outcome, first_seen_at, cpu_family)
       select gen_random_uuid(), $1, 'internal', 100000000, '6.1.0-56-amd64', 'x86_64', false, $2, $2, $2, true, 'good', $2,
         (array['intel-6', 'amd-25', 'amd-23', 'arm-d0c'])[1 + n % 4] from generate_series(1, $3::int) n`,
      [release, Date.now(), storedPings / 5],
    );
    await client.query(
      `insert into outcome_counts (release, tier, phase, kernel, arch, cpu_family, control, started, good)
       select release, tier, phase, kernel, arch, cpu_family, control, count(*), count(*) from attempts group by 1, 2, 3, 4, 5, 6, 7`,
    );
    await client.query(
      `insert into ping_counts (release, tier, kernel, arch, kind, late, pings)
       select release, tier, kernel, arch, kind, late, count(*) from pings where release is not null group by 1, 2, 3, 4, 5, 6`,
    );
    await client.query(`update tally set xid = pg_current_xact_id(), seq = (select last_value from ping_seq)`);
    await client.query('vacuum analyze pings, attempts');
  } finally {
    await client.end();
  }
}

async function slowest(server: BenchServer, path: string): Promise<BenchRow> {
  const times: number[] = [];
  for (let count = 0; count < requests; count += 1) {
    const began = performance.now();
    await server.ask('GET', path);
    times.push(performance.now() - began);
  }
  const p99 = times.toSorted((a, b) => a - b)[Math.floor(requests * 0.99)] ?? Number.NaN;
  return {
    what: `GET ${path}, 99 % of ${requests} requests are answered within`,
    ours: p99,
    peer: null,
    ratio: null,
    unit: 'ms',
    target: 'under 200 ms',
    ok: p99 < 200,
  };
}

export async function run(context: BenchContext): Promise<BenchRow[]> {
  await using temp = await tempFolder('klpkit-bench-');
  const server = await startBenchServer(join(temp.path, 'state'));
  try {
    const release = await publishRelease(server, 'lp');
    await store(server, release, context);
    const rows: BenchRow[] = [];
    for (const path of paths(release)) rows.push(await slowest(server, path));
    return rows;
  } finally {
    await server.stop();
  }
}
