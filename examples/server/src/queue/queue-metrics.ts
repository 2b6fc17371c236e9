import { Gauge, type Registry } from 'prom-client';
import type { QueueState } from './queue-state.ts';

type Read = (state: QueueState) => number | undefined;

/** What is measured of the queue. Every server asks NATS and tells the same: `max` over instances, not `sum`. */
const gauges: Readonly<Record<string, readonly [help: string, read: Read]>> = {
  klpkit_queue_leader_known: [
    'Whether the stream has a leader: without one nothing is taken.',
    ({ hasLeader }) => (hasLeader ? 1 : 0),
  ],
  klpkit_queue_current_replicas: [
    'Servers of NATS that hold the whole stream, its leader among them.',
    ({ currentReplicas }) => currentReplicas,
  ],
  klpkit_queue_stream_messages: ['Messages that are not acknowledged; each holds pings.', ({ messages }) => messages],
  klpkit_queue_stream_bytes: ['Size of the stream.', ({ bytes }) => bytes],
  klpkit_queue_stream_max_bytes: ['Size at which the stream refuses pings.', ({ maxBytes }) => maxBytes],
  klpkit_queue_oldest_message_timestamp_seconds: [
    'When the oldest message that is not acknowledged was taken; absent where there is none.',
    ({ oldestAt }) => oldestAt && oldestAt / 1000,
  ],
  klpkit_queue_consumer_pending_messages: ['Messages that no writer has been given yet.', ({ pending }) => pending],
  klpkit_queue_consumer_ack_pending_messages: ['Messages that writers have in hand.', ({ ackPending }) => ackPending],
  klpkit_queue_consumer_redelivered_messages: [
    'Of those in hand: given out more than once.',
    ({ redelivered }) => redelivered,
  ],
  klpkit_queue_consumer_ack_floor_lag_messages: [
    'From the last message before which all are acknowledged to the newest.',
    ({ ackFloorLag }) => ackFloorLag,
  ],
};

/** Names of the metrics that only a server with NATS has. */
export const queueMetricNames: readonly string[] = ['klpkit_queue_up', ...Object.keys(gauges)];

/** Adds the queue's gauges; the function it returns reads them anew and never rejects. While NATS does not answer, only `up` and `leader_known` stand. */
export function addQueueGauges(registry: Registry, look: () => Promise<QueueState>): () => Promise<void> {
  const registers = [registry];
  const up = new Gauge({ name: 'klpkit_queue_up', help: 'Whether NATS answered this scrape.', registers });
  const made = Object.entries(gauges).map(([name, [help, read]]) => ({
    gauge: new Gauge({ name, help, registers }),
    read,
  }));
  const leaderKnown = registry.getSingleMetric('klpkit_queue_leader_known') as Gauge;
  return async () => {
    const state = await look().catch(() => undefined);
    up.set(state === undefined ? 0 : 1);
    for (const { gauge, read } of made) {
      const value = state && read(state);
      if (value === undefined) gauge.remove();
      else gauge.set(value);
    }
    if (state === undefined) leaderKnown.set(0);
  };
}
