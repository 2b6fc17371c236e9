import { AckPolicy, jetstreamManager, RetentionPolicy, StorageType, DiscardPolicy } from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';
import { ServerError } from '../errors.ts';

/** Where pings wait for the database. One stream, one pool of writers. */
export const pingStream = { stream: 'KLPKIT_PINGS', subject: 'klpkit.pings', writers: 'writers' } as const;

/** A repetition of a publication that was not acknowledged is known within this time. */
const duplicateWindowMs = 120_000;
/** A message that a writer took and did not acknowledge goes to another after this time: the writer died. */
const ackWaitMs = 10_000;
/** Messages that the writers of all servers may have in hand. */
const maxInHand = 2_000;

/** The stream's size, see `QueueSettings`. */
export interface StreamSettings {
  readonly replicas: number;
  readonly maxBytes: number;
}

/**
 * Makes the stream and its consumer, or brings them to these settings. A message is kept by so many servers before it is acknowledged, and
 * until a writer acknowledged it; a full stream refuses rather than forgets.
 *
 * @throws ServerError `QUEUE_UNAVAILABLE`
 */
export async function ensurePingStream(connection: NatsConnection, settings: StreamSettings): Promise<void> {
  const { stream, subject, writers } = pingStream;
  try {
    const manager = await jetstreamManager(connection);
    const config = {
      name: stream,
      subjects: [subject],
      retention: RetentionPolicy.Workqueue,
      storage: StorageType.File,
      discard: DiscardPolicy.New,
      num_replicas: settings.replicas,
      max_bytes: settings.maxBytes,
      duplicate_window: nanos(duplicateWindowMs),
    };
    const isThere = await manager.streams.info(stream).then(
      () => true,
      () => false,
    );
    await (isThere ? manager.streams.update(stream, config) : manager.streams.add(config));
    await manager.consumers.add(stream, {
      durable_name: writers,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ackWaitMs),
      max_ack_pending: maxInHand,
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError(
      'QUEUE_UNAVAILABLE',
      `The stream ${stream} cannot be made in NATS (${why}). It needs JetStream on ${settings.replicas} servers; set queue.replicas for fewer.`,
      { cause },
    );
  }
}
