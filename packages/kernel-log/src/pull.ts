/** A timer can wait no longer; Node takes what is more for nothing. */
const maxTimerMs = 2_147_483_647;

/**
 * The items of a source, and `null` whenever it was silent for `restMs()`. Aborts at once, even in the middle of a read,
 * and returns the source when left.
 */
export async function* pull(
  source: Iterable<string> | AsyncIterable<string>,
  restMs: () => number,
  signal: AbortSignal | undefined,
): AsyncGenerator<string | null, void, undefined> {
  if (Symbol.iterator in source) {
    yield* pullSync(source, signal);
    return;
  }
  const iterator = source[Symbol.asyncIterator]();
  let reading: Promise<IteratorResult<string>> | undefined;
  try {
    for (;;) {
      signal?.throwIfAborted();
      reading ??= iterator.next();
      const step = await orRest(reading, restMs(), signal);
      if (step === null) {
        yield null;
        continue;
      }
      reading = undefined;
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    await leave(iterator, reading);
  }
}

function* pullSync(source: Iterable<string>, signal: AbortSignal | undefined): Generator<string, void, undefined> {
  for (const item of source) {
    signal?.throwIfAborted();
    yield item;
  }
}

/** A generator answers `return` only after the read that is under way: that one is not waited for. */
async function leave(iterator: AsyncIterator<string>, reading: Promise<unknown> | undefined): Promise<void> {
  if (reading === undefined) {
    await iterator.return?.();
    return;
  }
  reading.catch(() => undefined);
  const returned: unknown = iterator.return?.();
  if (returned instanceof Promise) returned.catch(() => undefined);
}

async function orRest<T>(reading: Promise<T>, restMs: number, signal: AbortSignal | undefined): Promise<T | null> {
  if (restMs === Infinity && signal === undefined) return reading;
  const { promise, resolve, reject } = Promise.withResolvers<T | null>();
  const onAbort = (): void => reject(signal?.reason);
  const timer = restMs === Infinity ? undefined : setTimeout(resolve, Math.min(restMs, maxTimerMs), null);
  signal?.addEventListener('abort', onAbort, { once: true });
  reading.then(resolve, reject);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
