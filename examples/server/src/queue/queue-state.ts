import { jetstreamManager, type ConsumerInfo, type StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { pingStream } from './ping-stream.ts';

/** What NATS says of the stream in which pings wait and of the consumer that empties it. */
export interface QueueState {
  /** Messages in the stream: not yet acknowledged by a writer. Each holds the pings of some requests. */
  readonly messages: number;
  readonly bytes: number;
  /** A stream of this size refuses pings. */
  readonly maxBytes: number;
  /** When the oldest message was taken, epoch ms; absent where there is none. */
  readonly oldestAt?: number;
  /** Whether the stream has a server that decides; a stream on one server always has. */
  readonly hasLeader: boolean;
  /** Servers that hold the whole stream, its leader among them. */
  readonly currentReplicas: number;
  /** Messages that no writer has been given yet. */
  readonly pending: number;
  /** Messages that writers have in hand. */
  readonly ackPending: number;
  /** Of these: given out more than once, because a writer died or the database was away. */
  readonly redelivered: number;
  /** From the last message before which all are acknowledged to the newest. */
  readonly ackFloorLag: number;
}

/** A scrape must not wait for a cluster that has no leader. */
const lookTimeoutMs = 2_000;

/** Makes what asks NATS for the state; it rejects where NATS does not answer in time. */
export async function createQueueLook(connection: NatsConnection): Promise<() => Promise<QueueState>> {
  const manager = await jetstreamManager(connection, { timeout: lookTimeoutMs, checkAPI: false });
  const { stream, writers } = pingStream;
  return async () => {
    const [ofStream, ofConsumer] = await Promise.all([
      manager.streams.info(stream),
      manager.consumers.info(stream, writers),
    ]);
    return stateOf(ofStream, ofConsumer);
  };
}

function stateOf({ state, config, cluster }: StreamInfo, consumer: ConsumerInfo): QueueState {
  const hasLeader = cluster === undefined || (cluster.leader ?? '') !== '';
  const followers = cluster?.replicas?.filter(({ current, offline }) => current && !offline) ?? [];
  return {
    messages: state.messages,
    bytes: state.bytes,
    maxBytes: config.max_bytes,
    ...(state.messages === 0 ? {} : { oldestAt: Date.parse(state.first_ts) }),
    hasLeader,
    currentReplicas: followers.length + (hasLeader ? 1 : 0),
    pending: consumer.num_pending,
    ackPending: consumer.num_ack_pending,
    redelivered: consumer.num_redelivered,
    // The two answers are of two moments: the stream's may be the older one.
    ackFloorLag: Math.max(0, state.last_seq - consumer.ack_floor.stream_seq),
  };
}
