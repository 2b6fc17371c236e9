import { isRepositoryError, RepositoryError } from './error.ts';

/** What a sender may do to a reader. */
export interface ReadBounds {
  /** Refuse more bytes with `TOO_LARGE`. */
  readonly maxBytes: number;
  /** What is being read, for messages. */
  readonly subject: string;
  /** Least average rate after the first ten seconds, bytes a second. Below it a sender holds the reader up (slow retrieval attack). */
  readonly minBytesPerSecond: number;
  readonly signal?: AbortSignal;
}

/** Least average rate of a mirror: a 20 KiB module then takes at most 20 s more than the grace. */
export const defaultMinBytesPerSecond = 1024;

const graceMs = 10_000;

/**
 * Passes chunks on while their sender keeps within bounds, and no longer.
 *
 * @throws RepositoryError `TOO_LARGE`, `TOO_SLOW`, `UNREACHABLE` when the connection breaks
 */
export async function* bounded(source: AsyncIterable<Uint8Array>, bounds: ReadBounds): AsyncGenerator<Uint8Array> {
  const { maxBytes, subject, minBytesPerSecond, signal } = bounds;
  const started = performance.now();
  const iterator = source[Symbol.asyncIterator]();
  let received = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const deadline = started + graceMs + ((received + 1) / minBytesPerSecond) * 1000;
      const step = await nextWithin(iterator, deadline - performance.now(), bounds);
      if (step.done === true) return;
      received += step.value.length;
      if (received > maxBytes)
        throw new RepositoryError(
          'TOO_LARGE',
          `${subject} is longer than the ${maxBytes} bytes it may have: take another mirror.`,
          { subject },
        );
      yield step.value;
    }
  } finally {
    // Not awaited: a sender that hangs would hang the clean-up too.
    void iterator.return?.().catch(() => undefined);
  }
}

/** All bytes of a bounded read. */
export async function readAll(source: AsyncIterable<Uint8Array>, bounds: ReadBounds): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bounded(source, bounds)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function nextWithin(
  iterator: AsyncIterator<Uint8Array>,
  waitMs: number,
  { subject, signal, minBytesPerSecond }: ReadBounds,
): Promise<IteratorResult<Uint8Array>> {
  const { promise, reject } = Promise.withResolvers<never>();
  const tooSlow = () =>
    reject(
      new RepositoryError(
        'TOO_SLOW',
        `${subject} comes with less than ${minBytesPerSecond} bytes a second: take another mirror.`,
        { subject },
      ),
    );
  const timer = setTimeout(tooSlow, Math.max(0, waitMs));
  const abort = () => reject(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([iterator.next(), promise]);
  } catch (cause) {
    signal?.throwIfAborted();
    if (isRepositoryError(cause)) throw cause;
    throw new RepositoryError('UNREACHABLE', `The connection broke while ${subject} was read: try again.`, {
      subject,
      cause,
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
