import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { tempFolder } from '@klpkit-internal/testkit';
import { Client, type ClientConfig } from 'pg';
import type { BenchContext, BenchRow } from './bench.ts';
import { beforePing, publishRelease, type ServerSaid, startBenchServer } from './server-bench.ts';
import { postTo } from './server-post.ts';

export const name = 'server: load, then kill -9 of server and database';

/** Ten minutes by `KLPKIT_ENDURANCE_S=600`. */
const seconds = Number(process.env.KLPKIT_ENDURANCE_S ?? 60);
const senders = 16;
const batchSize = 20;

/** Sends batches until it is told to end or nobody answers; keeps the id of every ping that was acknowledged. */
async function send(server: ServerSaid, release: string, over: AbortSignal): Promise<string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: server.certificate });
  const acknowledged: string[] = [];
  try {
    while (!over.aborted) {
      const pings = Array.from({ length: batchSize }, () => beforePing(release));
      const status = await postTo(new URL('/v1/pings', server.url), { pings }, agent).catch(() => 0);
      if (status === 200) for (const { id } of pings) acknowledged.push(String(id));
    }
  } finally {
    agent.destroy();
  }
  return acknowledged;
}

/** How many of these the database does not have. */
async function countMissing(database: ClientConfig, ids: readonly string[]): Promise<number> {
  const client = new Client(database);
  await client.connect();
  try {
    let missing = 0;
    for (let from = 0; from < ids.length; from += 50_000) {
      const { rows } = await client.query<{ missing: string }>(
        'select count(*) as missing from unnest($1::uuid[]) id where not exists (select 1 from pings where pings.id = id)',
        [ids.slice(from, from + 50_000)],
      );
      missing += Number(rows[0]?.missing);
    }
    return missing;
  } finally {
    await client.end();
  }
}

export async function run(context: BenchContext): Promise<BenchRow[]> {
  await using temp = await tempFolder('klpkit-bench-');
  const folder = join(temp.path, 'state');
  const server = await startBenchServer(folder);
  const release = await publishRelease(server, 'lp');
  const over = new AbortController();
  const sending = Array.from({ length: senders }, () => send(server.said, release, over.signal));
  context.log(`${seconds} s of load`);
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  // In the middle of it, both at once.
  const postmaster = Number(readFileSync(join(folder, 'postgres/data/postmaster.pid'), 'utf8').split('\n', 1)[0]);
  process.kill(postmaster, 'SIGKILL');
  await server.stop('SIGKILL');
  over.abort();
  const acknowledged = (await Promise.all(sending)).flat();
  context.log(`${acknowledged.length} pings acknowledged; starting again`);
  const again = await startBenchServer(folder, { token: server.token });
  try {
    const missing = await countMissing(again.database, acknowledged);
    return [
      {
        what: `acknowledged pings missing after ${seconds} s of load, kill -9 of server and database, restart (${acknowledged.length} acknowledged)`,
        ours: missing,
        peer: null,
        ratio: null,
        unit: 'pings',
        target: 'none',
        ok: missing === 0 && acknowledged.length > 0,
      },
    ];
  } finally {
    await again.stop();
  }
}
