import { randomUUID } from 'node:crypto';
import { type JetStreamClient, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { ServerError } from '../errors.ts';
import type { TakenPing } from '../ingest/ping-log.ts';
import { pingStream } from './ping-stream.ts';

/** NATS takes messages of up to 1 MiB where nobody changed that. */
const maxMessageBytes = 512 * 1024;
const ackTimeoutMs = 2_000;
/** A new leader of the stream is found within seconds: a request waits for it rather than fail. */
const maxTries = 8;
const betweenTriesMs = 500;

/** Makes pings durable in the stream. Resolves when the stream's servers have them; the database gets them later. */
export function createPingPublisher(
  connection: NatsConnection,
): (taken: readonly TakenPing[]) => Promise<readonly boolean[]> {
  const client = jetstream(connection);
  return async (taken) => {
    const parts = splitBySize(taken);
    await Promise.all(parts.map((part) => publish(client, part)));
    // Whether one was there already shows when it is written; it counts once all the same.
    return taken.map(() => true);
  };
}

async function publish(client: JetStreamClient, data: string): Promise<void> {
  // The same for every try: a try that was stored and whose acknowledgement was lost is not stored twice.
  const msgID = randomUUID();
  for (let tried = 1; ; tried += 1) {
    try {
      await client.publish(pingStream.subject, data, { msgID, timeout: ackTimeoutMs });
      return;
    } catch (cause) {
      if (tried < maxTries) {
        await new Promise((resolve) => setTimeout(resolve, betweenTriesMs));
        continue;
      }
      throw new ServerError('QUEUE_UNAVAILABLE', 'Pings cannot be kept now. Send them again in a few seconds.', {
        cause,
      });
    }
  }
}

function splitBySize(taken: readonly TakenPing[]): string[] {
  const parts: string[] = [];
  let rows: string[] = [];
  let size = 0;
  const end = (): void => {
    if (rows.length > 0) parts.push(`[${rows.join(',')}]`);
    rows = [];
    size = 0;
  };
  for (const one of taken) {
    const row = JSON.stringify(one);
    if (size + row.length * 3 > maxMessageBytes) end();
    rows.push(row);
    // A character of JSON takes three bytes of UTF-8 at most.
    size += row.length * 3;
  }
  end();
  return parts;
}
