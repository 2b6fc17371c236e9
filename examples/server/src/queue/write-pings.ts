import { type ConsumerMessages, type JsMsg, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { parsePing } from '@klpkit/pings';
import type { Logger } from 'pino';
import { z } from 'zod';
import { isServerError } from '../errors.ts';
import type { GroupCommit } from '../ingest/group-commit.ts';
import type { TakenPing } from '../ingest/ping-log.ts';
import { pingStream } from './ping-stream.ts';

/** Writes what waits in the stream. */
export interface PingWriter {
  /** Takes nothing more and waits for what is in hand. */
  close(): Promise<void>;
}

interface WriterOptions {
  readonly group: GroupCommit<TakenPing>;
  readonly log: Logger;
  /** Called after each commit. */
  readonly onCommit: () => void;
}

/** Messages that this server has in hand. */
const maxInHand = 500;
/**
 * Messages of one request, and how long it stands. Each comes as soon as it is there. A request that got lost with a server of the cluster
 * costs this time: one that stands for ever was seen to stay silent after the stream had found a new leader.
 */
const maxAtOnce = 250;
const pullMs = 2_000;
/** While the database is away a message comes back after this time. */
const redeliverMs = 1_000;
/** What stands in the stream is checked again: whoever can write to it is not yet the intake. */
const messageSchema = z.array(z.strictObject({ ping: z.unknown(), receivedAt: z.int() })).min(1);

/**
 * Takes messages and writes them, many in one transaction; a message is acknowledged when it is committed and never before. One that is
 * delivered again is known by the keys of its pings.
 */
export async function startPingWriter(connection: NatsConnection, options: WriterOptions): Promise<PingWriter> {
  const consumer = await jetstream(connection).consumers.get(pingStream.stream, pingStream.writers);
  const inHand = new Set<Promise<void>>();
  let messages: ConsumerMessages | undefined;
  const closing = new AbortController();
  const run = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        messages = await consumer.fetch({ max_messages: maxAtOnce, expires: pullMs });
        for await (const message of messages) {
          const work: Promise<void> = write(message, options)
            // The connection has ended in between: the stream delivers it again.
            .catch((error: unknown) => options.log.warn({ err: error }, 'a message of the stream was not answered'))
            .finally(() => inHand.delete(work));
          inHand.add(work);
          if (inHand.size >= maxInHand) await Promise.race(inHand);
        }
      } catch (error) {
        if (closing.signal.aborted) return;
        options.log.warn({ err: error }, 'pings cannot be taken from the stream; it is tried again');
        await new Promise((resolve) => setTimeout(resolve, redeliverMs));
      }
    }
  };
  const running = run();
  return {
    close: async () => {
      closing.abort();
      await messages?.close();
      await running;
      await Promise.all(inHand);
    },
  };
}

async function write(message: JsMsg, { group, log, onCommit }: WriterOptions): Promise<void> {
  try {
    await group.add(read(message));
    message.ack();
    onCommit();
  } catch (error) {
    if (isServerError(error)) {
      message.nak(redeliverMs);
      return;
    }
    // It will never be written: kept away from the others, and told.
    log.error({ err: error, seq: message.seq }, 'a message of the stream cannot be written and is given up');
    message.term();
  }
}

function read(message: JsMsg): TakenPing[] {
  return messageSchema.parse(message.json()).map(({ ping, receivedAt }) => ({ ping: parsePing(ping), receivedAt }));
}
