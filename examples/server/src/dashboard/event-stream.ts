import type { Writable } from 'node:stream';
import type { EventHub } from './event-hub.ts';

/** How a stream behaves. All in ms. */
export interface StreamTimes {
  /** Changes within this time become one event. */
  readonly gatherMs: number;
  /** A comment is sent so often, that proxies and dead connections are noticed. */
  readonly heartbeatMs: number;
  /** A stream ends then; the page comes back by itself, and its session is looked at again. */
  readonly lifetimeMs: number;
  /** A reader that takes nothing for so long is cut off. */
  readonly stuckMs: number;
}

/** Ten minutes a stream, one event in half a second at most. */
export const streamTimes: StreamTimes = {
  gatherMs: 500,
  heartbeatMs: 15_000,
  lifetimeMs: 600_000,
  stuckMs: 30_000,
};

/** Where a stream begins, and what it obeys. */
export interface StreamOptions {
  readonly lastEventId: string | undefined;
  readonly times?: StreamTimes;
}

/** How long the page waits before it comes back, ms. */
const retryMs = 2_000;

/**
 * Sends notices as server-sent events until the reader goes, or the stream's time is over. What a slow reader has not taken is not
 * queued: it is told what changed since, in one event, once it reads again. The function it returns ends the stream.
 */
export function streamEvents(hub: EventHub, out: Writable, options: StreamOptions): () => void {
  const times = options.times ?? streamTimes;
  let { lastEventId } = options;
  let gathering: NodeJS.Timeout | undefined;
  let stuck: NodeJS.Timeout | undefined;
  const send = (text: string): void => {
    if (out.write(text) || stuck !== undefined) return;
    stuck = setTimeout(() => out.destroy(), times.stuckMs);
  };
  const flush = (): void => {
    gathering = undefined;
    if (stuck !== undefined) return;
    const notice = hub.since(lastEventId);
    if (notice === undefined) return;
    lastEventId = notice.id;
    send(`id: ${notice.id}\nevent: change\ndata: ${JSON.stringify({ releases: notice.releases })}\n\n`);
  };
  const unsubscribe = hub.subscribe(() => {
    gathering ??= setTimeout(flush, times.gatherMs);
  });
  const heartbeat = setInterval(() => stuck ?? send(':\n\n'), times.heartbeatMs);
  const end = setTimeout(() => out.end(), times.lifetimeMs);
  out.on('drain', () => {
    clearTimeout(stuck);
    stuck = undefined;
    flush();
  });
  out.on('close', () => {
    unsubscribe();
    clearInterval(heartbeat);
    for (const timer of [gathering, stuck, end]) clearTimeout(timer);
  });
  send(`retry: ${retryMs}\n\n`);
  flush();
  return () => out.end();
}
