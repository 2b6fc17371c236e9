import type { Logger } from 'pino';
import type { Closers } from '../closers.ts';
import type { QueueSettings } from '../config.ts';
import { ServerError } from '../errors.ts';
import type { GroupCommit } from '../ingest/group-commit.ts';
import type { TakenPing } from '../ingest/ping-log.ts';
import { connectNats } from './connect.ts';
import { ensurePingStream } from './ping-stream.ts';
import { createPingPublisher } from './publish-pings.ts';
import { createQueueLook, type QueueState } from './queue-state.ts';
import { startPingWriter } from './write-pings.ts';

/** Pings wait in NATS before they are written. */
export interface Queue {
  /** Makes pings durable. */
  readonly add: GroupCommit<TakenPing>['add'];
  /** @throws ServerError `QUEUE_UNAVAILABLE` */
  check(): Promise<void>;
  /** What waits, and who keeps it; rejects where NATS does not answer. */
  look(): Promise<QueueState>;
}

/** What {@link openQueue} needs. */
export interface QueueParts {
  readonly settings: QueueSettings;
  /** Writes to the database. */
  readonly group: GroupCommit<TakenPing>;
  readonly closers: Closers;
  readonly log: Logger;
  readonly onCommit: () => void;
}

/** Opens the stream and writes what is in it; any number of servers do the same on one stream. */
export async function openQueue({ settings, group, closers, log, onCommit }: QueueParts): Promise<Queue> {
  const connection = await connectNats(settings.url, log);
  // Where NATS is away there is nobody to say goodbye to. What it was not told is delivered again.
  closers.add(() => connection.drain().catch(() => connection.close()));
  await ensurePingStream(connection, settings);
  const writer = await startPingWriter(connection, { group, log, onCommit });
  closers.add(() => writer.close());
  return {
    add: createPingPublisher(connection),
    look: await createQueueLook(connection),
    check: async () => {
      await connection.flush().catch((cause: unknown) => {
        throw new ServerError('QUEUE_UNAVAILABLE', 'NATS does not answer; releases are served on.', { cause });
      });
    },
  };
}
