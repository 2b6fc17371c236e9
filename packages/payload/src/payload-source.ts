import { openFile } from '#platform';
import { VerifyError } from './error.ts';

/** Bytes that arrive in pieces: a response's body, a file's stream, anything that can be iterated. */
export type PayloadSource = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/**
 * A file's bytes in pieces, on Node.
 *
 * @throws VerifyError `INVALID_OPTION` on a runtime without files; the file system's own errors when it is read
 *
 * @example
 * ```ts
 * import { digestPayload, fileSource } from '@klpkit/payload';
 *
 * export const sha256OfFile = async (path: string): Promise<string> => (await digestPayload(fileSource(path))).sha256;
 * ```
 */
export function fileSource(path: string): AsyncIterable<Uint8Array> {
  return openFile(path);
}

/** Not every browser can iterate its streams. Leaving early cancels the stream, so that a download stops. */
async function* readStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        ended = true;
        return;
      }
      yield value;
    }
  } finally {
    // The consumer stopped, or the stream failed; in the second case cancelling has nothing to say.
    if (!ended) await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}

/** Any source as an iterable of byte arrays. */
export function iterate(source: PayloadSource): AsyncIterable<Uint8Array> {
  if (Symbol.asyncIterator in source) return source;
  if ('getReader' in source) return readStream(source);
  throw new VerifyError('INVALID_OPTION', 'the source is neither an async iterable nor a web stream');
}

/** Waits for a step, but no longer than the signal lets it. */
export async function orAborted<T>(step: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await step;
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([step, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
