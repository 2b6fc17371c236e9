import type { Database } from '../database/database.ts';
import { changesChannel } from './announce.ts';
import { type Change, parseChange } from './change.ts';

/** All changes on this database, whichever server process made them. */
export interface Changes {
  /** Calls back with every change, until the function it returns is called. */
  subscribe(onChange: (change: Change) => void): () => void;
  /**
   * The changes as a stream. Begins with `resync`; a reader that falls behind finds a `resync` in place of what it missed. Ends when
   * `signal` is aborted, when the server closes, or by `break`.
   */
  stream(options?: { signal?: AbortSignal }): AsyncIterable<Change>;
  /** Ends every stream. */
  close(): void;
}

/** Changes that wait for one reader before they become a single `resync`. */
const maxWaiting = 256;

/** Listens on the database. */
export function openChanges(database: Pick<Database, 'listen'>): Changes {
  const subscribers = new Set<(change: Change) => void>();
  const closing = new AbortController();
  const tell = (change: Change): void => {
    for (const subscriber of subscribers) subscriber(change);
  };
  database.listen(changesChannel, (payload) => tell(payload === undefined ? { kind: 'resync' } : parseChange(payload)));
  const subscribe: Changes['subscribe'] = (onChange) => {
    const subscriber = (change: Change): void => onChange(change);
    subscribers.add(subscriber);
    return () => void subscribers.delete(subscriber);
  };
  return {
    subscribe,
    stream: ({ signal } = {}) =>
      readChanges(subscribe, signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])),
    close: () => closing.abort(),
  };
}

async function* readChanges(subscribe: Changes['subscribe'], signal: AbortSignal): AsyncGenerator<Change> {
  let waiting: Change[] = [{ kind: 'resync' }];
  let wake: (() => void) | undefined;
  const unsubscribe = subscribe((change) => {
    if (waiting.length >= maxWaiting) waiting = [{ kind: 'resync' }];
    else waiting.push(change);
    wake?.();
  });
  const onAbort = (): void => wake?.();
  signal.addEventListener('abort', onAbort);
  try {
    while (!signal.aborted) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    unsubscribe();
  }
}
