import type { AbortOptions, AgentEvent } from './ports.ts';

/** Hands each event to the one who asked at the making, at once, and to all who watch. */
export interface EventHub {
  tell(event: AgentEvent): void;
  events(options?: AbortOptions): AsyncIterable<AgentEvent>;
}

/** A watcher that does not keep up loses the oldest beyond this many; the agent never waits for it. */
const MAX_QUEUED = 1024;

/** Makes a hub. */
export function createEventHub(first: ((event: AgentEvent) => void) | undefined): EventHub {
  const watchers = new Set<(event: AgentEvent) => void>();
  return {
    tell(event) {
      first?.(event);
      for (const watcher of watchers) watcher(event);
    },
    events: ({ signal } = {}) => ({ [Symbol.asyncIterator]: () => watch(watchers, signal) }),
  };
}

async function* watch(
  watchers: Set<(event: AgentEvent) => void>,
  signal: AbortSignal | undefined,
): AsyncGenerator<AgentEvent, void, undefined> {
  const queue: AgentEvent[] = [];
  let wake: (() => void) | undefined;
  const watcher = (event: AgentEvent) => {
    if (queue.push(event) > MAX_QUEUED) queue.shift();
    wake?.();
  };
  const onAbort = () => wake?.();
  watchers.add(watcher);
  signal?.addEventListener('abort', onAbort);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const event = queue.shift();
      if (event !== undefined) yield event;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    watchers.delete(watcher);
    signal?.removeEventListener('abort', onAbort);
  }
}
