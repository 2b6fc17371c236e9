import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import { limitBody } from './body.ts';
import { connectionError, tooSlow } from './connection-error.ts';
import { HttpsError } from './error.ts';

/** One request, and the bounds that its answer must keep. */
export interface HttpsRequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes it a POST. */
  readonly body?: string;
  /** First byte that is wanted of the content (`Range`, RFC 9110 section 14.2); 0 by default. {@link HttpsAnswer.start} says whether the server obeyed. */
  readonly from?: number;
  /** The header must be there by then, ms; `wholeMs`, or 30,000 where that is not given. */
  readonly headerMs?: number;
  /** The body must be there by then, counted from the request, ms; no limit by default: then the reader bounds it. */
  readonly wholeMs?: number;
  /** Longest content, bytes; a body that begins at `from` may have that many less. No limit by default: then the reader bounds it. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

/** The beginning of an answer, whatever its status. Its body is read, or given up: else the connection stays taken. */
export interface HttpsAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Which byte of the content the body begins with: the one that was asked for, or 0 where the server ignores ranges. */
  readonly start: number;
  /** To be read once; `break` gives the rest up. Throws {@link HttpsError}. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives the body up, however long it is. */
  discard(): void;
}

/** What sends a request: that of `node:https`, or of `node:http`, with its connections. */
export type Send = (url: URL, options: RequestOptions) => ClientRequest;

const DEFAULT_HEADER_MS = 30_000;

/** Sends one request; resolves with its header. */
export async function exchange(send: Send, url: URL, options: HttpsRequestOptions): Promise<HttpsAnswer> {
  const { wholeMs, headerMs = wholeMs ?? DEFAULT_HEADER_MS, from = 0, maxBytes = Infinity } = options;
  options.signal?.throwIfAborted();
  const late = new AbortController();
  const startTimer = (what: 'begin' | 'finish', ms: number) =>
    setTimeout(() => late.abort(tooSlow(url, what, ms)), ms).unref();
  const headerTimer = startTimer('begin', headerMs);
  const wholeTimer = wholeMs === undefined ? undefined : startTimer('finish', wholeMs);
  const signal = options.signal === undefined ? late.signal : AbortSignal.any([options.signal, late.signal]);
  const done = () => clearTimeout(wholeTimer);
  /** Whose fault it is: the caller's wish first, then the clock's, then the connection's. */
  const reasonOf = (cause: unknown): unknown => {
    if (signal.aborted) return signal.reason;
    return cause instanceof HttpsError ? cause : connectionError(cause, url);
  };
  try {
    const answer = await headerOf(send, url, { ...options, signal });
    answer.once('close', done);
    const start = startOf(answer, from, url);
    const limited = limitBody(answer, { start, maxBytes, url });
    return {
      status: answer.statusCode ?? 0,
      headers: answer.headers,
      start,
      body: failingWith(limited, reasonOf),
      discard: () => void answer.destroy(),
    };
  } catch (cause) {
    done();
    throw reasonOf(cause);
  } finally {
    clearTimeout(headerTimer);
  }
}

/** Redirects are not followed: the address is configured. Nothing is packed: a length that is announced is then the body's own. */
function headerOf(
  send: Send,
  url: URL,
  { headers, body, from = 0, signal }: HttpsRequestOptions & { readonly signal: AbortSignal },
): Promise<IncomingMessage> {
  const range = from === 0 ? {} : { range: `bytes=${from}-` };
  return new Promise((resolve, reject) => {
    const outgoing = send(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'accept-encoding': 'identity', ...range, ...headers },
      signal,
    });
    outgoing.once('response', resolve).on('error', reject).end(body);
  });
}

/** RFC 9110 section 15.3.7: a 206 says which part it is. */
function startOf(answer: IncomingMessage, from: number, { origin }: URL): number {
  if (answer.statusCode !== 206) return 0;
  if (from > 0 && answer.headers['content-range']?.startsWith(`bytes ${from}-`) === true) return from;
  answer.destroy();
  const next = 'Look at the server, or at the proxy or cache before it.';
  throw new HttpsError('WRONG_RANGE', `${origin} sent another part than it was asked for. ${next}`);
}

async function* failingWith(
  body: AsyncIterable<Uint8Array>,
  reasonOf: (cause: unknown) => unknown,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body;
  } catch (cause) {
    throw reasonOf(cause);
  }
}
