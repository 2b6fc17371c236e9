import type { IncomingMessage } from 'node:http';
import type { HttpsAnswer } from './exchange.ts';
import { HttpsError } from './error.ts';

/** Where a body begins in its content, and how long that may be. */
export interface BodyLimit {
  readonly start: number;
  readonly maxBytes: number;
  readonly url: URL;
}

/** A body within its limit; `Content-Length` is believed when it says "too long", and counted when it does not. */
export async function* limitBody(
  answer: IncomingMessage,
  { start, maxBytes, url }: BodyLimit,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (start + Number(answer.headers['content-length'] ?? 0) > maxBytes) {
    answer.destroy();
    throw tooLong(url, maxBytes);
  }
  let end = start;
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    end += chunk.length;
    if (end > maxBytes) throw tooLong(url, maxBytes); // leaving the loop destroys the stream and its connection
    yield chunk;
  }
}

/**
 * Takes a small body whole. Give the request a `maxBytes`: it is held in memory.
 *
 * @throws {@link HttpsError}
 *
 * @example
 * ```ts
 * import { createHttpsClient, readBody } from '@klpkit/https';
 *
 * export async function readText(url: URL): Promise<string> {
 *   const client = createHttpsClient();
 *   try {
 *     const answer = await client.request(url, { maxBytes: 65_536, wholeMs: 30_000 });
 *     return new TextDecoder().decode(await readBody(answer));
 *   } finally {
 *     client.close();
 *   }
 * }
 * ```
 */
export async function readBody({ body }: Pick<HttpsAnswer, 'body'>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/**
 * The content from this byte on, also where the server ignored the range and began at the first one.
 *
 * @throws {@link HttpsError}
 *
 * @example
 * ```ts
 * import { bodyFrom, createHttpsClient } from '@klpkit/https';
 *
 * export async function restOf(url: URL, from: number): Promise<AsyncIterable<Uint8Array>> {
 *   return bodyFrom(await createHttpsClient().request(url, { from }), from);
 * }
 * ```
 */
export async function* bodyFrom(
  { start, body }: Pick<HttpsAnswer, 'start' | 'body'>,
  from: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let surplus = from - start;
  for await (const chunk of body) {
    if (chunk.length > surplus) yield chunk.subarray(surplus);
    surplus = Math.max(0, surplus - chunk.length);
  }
}

function tooLong({ origin }: URL, maxBytes: number): HttpsError {
  const next = 'Check that the address is the right one; if it is, the server sends what nobody may have to read.';
  return new HttpsError('TOO_LONG', `The answer of ${origin} is longer than ${maxBytes} bytes. ${next}`);
}
