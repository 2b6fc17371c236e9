import { randomUUID } from 'node:crypto';
import { Client, type ClientConfig } from 'pg';

interface InsertOptions {
  readonly connections: number;
  readonly batchSize: number;
  readonly seconds: number;
}

const insert = `insert into pings (id, sent_at, received_at, attempt_id, kind, release, kernel, arch, tier, late, detail)
select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
  $10::boolean[], $11::json[]) on conflict do nothing returning id`;

/** Writes rows like the server's, with nothing around: pings a second. The rows are made before the clock runs. */
export async function insertBatches(database: ClientConfig, options: InsertOptions): Promise<number> {
  const clients = Array.from({ length: options.connections }, () => new Client(database));
  await Promise.all(clients.map((client) => client.connect()));
  // What the gate has left to read must not be read during the measurement: these rows are checks, which it only counts.
  const prepared = Array.from({ length: 3_000 }, () => columnsOf(options.batchSize));
  const until = performance.now() + options.seconds * 1000;
  const began = performance.now();
  let batches = 0;
  await Promise.all(
    clients.map(async (client) => {
      while (performance.now() < until) {
        const columns = prepared.pop() ?? columnsOf(options.batchSize);
        await client.query({ name: 'raw', text: insert, values: columns });
        batches += 1;
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  await Promise.all(clients.map((client) => client.end()));
  return (batches * options.batchSize) / seconds;
}

function columnsOf(size: number): unknown[] {
  const column = (of: () => unknown): unknown[] => Array.from({ length: size }, of);
  const now = Date.now();
  return [
    column(randomUUID),
    column(() => now),
    column(() => now),
    column(randomUUID),
    column(() => 'check'),
    column(() => null),
    column(() => '6.1.0-56-amd64'),
    column(() => 'x86_64'),
    column(() => 'internal'),
    column(() => false),
    column(() => '{}'),
  ];
}
