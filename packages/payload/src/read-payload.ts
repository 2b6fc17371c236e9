import { runningSha256 } from '#platform';
import { VerifyError } from './error.ts';
import { checkDigest, checkExpectedDigest } from './expected-digest.ts';
import { defaultMaxBytes } from './limits.ts';
import { iterate, orAborted, type PayloadSource } from './payload-source.ts';

/** What the readers of a source are told. */
export interface ReadPayloadOptions {
  /** Expected SHA-256, 64 lower-case hex digits; `null` says on purpose that none is known. */
  readonly sha256: string | null;
  /** Limit in bytes, kept from the first byte on. Default {@link defaultMaxBytes}. */
  readonly maxBytes?: number;
  /** Stops the reading, also while nothing arrives. */
  readonly signal?: AbortSignal;
}

/** SHA-256 and length of what a source gave. */
export interface PayloadDigest {
  /** Lower-case hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * Passes a source through while it is hashed, in constant memory: for a download that is written to disk as it arrives. Ends in an
 * error at the first byte over the limit, and after the last chunk where the digest is not the expected one: what was written is
 * only good once the loop ended by itself.
 *
 * The iterator's return value is the digest.
 *
 * @throws VerifyError `TOO_LARGE`, `DIGEST_MISMATCH`, `INVALID_OPTION`; the signal's reason, and what the source throws
 *
 * @example
 * ```ts
 * import { checkedChunks } from '@klpkit/payload';
 *
 * export async function save(body: ReadableStream<Uint8Array>, sha256: string, write: (chunk: Uint8Array) => Promise<void>): Promise<void> {
 *   for await (const chunk of checkedChunks(body, { sha256, maxBytes: 64 * 1024 * 1024 })) await write(chunk);
 * }
 * ```
 */
export async function* checkedChunks(
  source: PayloadSource,
  options: ReadPayloadOptions,
): AsyncGenerator<Uint8Array, PayloadDigest, undefined> {
  const { sha256: expected, maxBytes = defaultMaxBytes, signal } = options;
  checkExpectedDigest(expected);
  const running = runningSha256();
  const iterator = iterate(source)[Symbol.asyncIterator]();
  let size = 0;
  let done = false;
  try {
    for (;;) {
      const step = await orAborted(iterator.next(), signal);
      if (step.done === true) {
        done = true;
        break;
      }
      size += step.value.length;
      if (size > maxBytes) throw new VerifyError('TOO_LARGE', `more than ${maxBytes} bytes arrived`);
      running.update(step.value);
      yield step.value;
    }
  } finally {
    // Not awaited: a source that hangs in next() would hang here as well.
    if (!done) void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
  const sha256 = running.hex();
  checkDigest(sha256, expected);
  return { sha256, size };
}

/**
 * Digest and length of a source, in constant memory.
 *
 * @throws as {@link checkedChunks}
 *
 * @example
 * ```ts
 * import { digestPayload } from '@klpkit/payload';
 *
 * export async function sizeOf(response: Response): Promise<number> {
 *   if (response.body === null) throw new Error('no body');
 *   return (await digestPayload(response.body, { sha256: null, maxBytes: 1024 * 1024 * 1024 })).size;
 * }
 * ```
 */
export async function digestPayload(
  source: PayloadSource,
  options: ReadPayloadOptions = { sha256: null },
): Promise<PayloadDigest> {
  const chunks = checkedChunks(source, options);
  for (;;) {
    const step = await chunks.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Reads a source into memory while it is hashed: a module that is small enough to be verified and inserted at once. The array is
 * all of its buffer, so that `verifyModule` can take it over without a copy.
 *
 * @throws as {@link checkedChunks}
 *
 * @example
 * ```ts
 * import { readPayload, type Trust, type VerifiedModule, verifyModule } from '@klpkit/payload';
 *
 * export async function download(url: URL, sha256: string, trust: Trust): Promise<VerifiedModule> {
 *   const signal = AbortSignal.timeout(60_000);
 *   const { body } = await fetch(url, { signal });
 *   if (body === null) throw new Error('no body');
 *   const bytes = await readPayload(body, { sha256, maxBytes: 64 * 1024 * 1024, signal });
 *   return await verifyModule(bytes, { trust, sha256, ownership: 'take', signal });
 * }
 * ```
 */
export async function readPayload(
  source: PayloadSource,
  options: ReadPayloadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const collected = growingBytes();
  for await (const chunk of checkedChunks(source, options)) collected.append(chunk);
  return collected.bytes();
}

/** Bytes that grow at the end; the buffer doubles, so that a byte is copied about twice. */
function growingBytes(): { append(chunk: Uint8Array): void; bytes(): Uint8Array<ArrayBuffer> } {
  let buffer = new Uint8Array(64 * 1024);
  let length = 0;
  return {
    append(chunk) {
      if (length + chunk.length > buffer.length) {
        const size = Math.max(2 * buffer.length, length + chunk.length);
        buffer = new Uint8Array(buffer.buffer.transfer(size));
      }
      buffer.set(chunk, length);
      length += chunk.length;
    },
    bytes: () => new Uint8Array(buffer.buffer.transfer(length)),
  };
}
