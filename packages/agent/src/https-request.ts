import type { IncomingMessage } from 'node:http';
import { type Agent, request } from 'node:https';
import { AgentError } from './error.ts';
import { connectionError, tooSlow } from './https-errors.ts';

/** One request over the given agent. */
export interface HttpsRequest {
  readonly url: URL;
  readonly agent: Agent;
  readonly headers: Readonly<Record<string, string>>;
  /** Makes it a POST. */
  readonly body?: string;
  /** For the whole exchange, ms. */
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Sends one request and lets `use` take the answer within the limit on time. Redirects are not followed: the address is configured.
 *
 * @throws {@link AgentError} `SERVER_UNREACHABLE`, `CERTIFICATE_REJECTED`, `TLS_FAILED`, or what `use` throws
 */
export async function httpsRequest<T>(init: HttpsRequest, use: (answer: IncomingMessage) => Promise<T>): Promise<T> {
  init.signal?.throwIfAborted();
  const limit = AbortSignal.timeout(init.limitMs);
  const signal = init.signal === undefined ? limit : AbortSignal.any([init.signal, limit]);
  try {
    return await use(await exchange(init, signal));
  } catch (cause) {
    const late = limit.aborted && init.signal?.aborted !== true && !(cause instanceof AgentError);
    throw late ? tooSlow(init.url, init.limitMs) : connectionError(cause, init.url, init.signal);
  }
}

function exchange(init: HttpsRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const method = init.body === undefined ? 'GET' : 'POST';
    const headers = { 'accept-encoding': 'identity', ...init.headers };
    const outgoing = request(init.url, { agent: init.agent, method, headers, signal }, resolve);
    outgoing.on('error', reject);
    outgoing.end(init.body);
  });
}

/** How much of a body is taken, and where it goes piece by piece. */
export interface BodyLimit {
  readonly maxBytes: number;
  /** The error as soon as the body is announced or becomes longer. */
  readonly tooLong: () => AgentError;
  /** Awaited before the next piece is taken, so that a slow disk holds the sender back. */
  readonly into: (chunk: Uint8Array) => Promise<void>;
}

/** Takes a body; `Content-Length` is believed when it says "too long", and counted when it does not. */
export async function takeBody(answer: IncomingMessage, { maxBytes, tooLong, into }: BodyLimit): Promise<void> {
  let length = 0;
  const announced = Number(answer.headers['content-length'] ?? 0);
  if (announced > maxBytes) {
    answer.destroy();
    throw tooLong();
  }
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLong(); // leaving the loop destroys the stream and its connection
    await into(chunk);
  }
}

/** Takes a small body whole. */
export async function takeWhole(answer: IncomingMessage, limit: Omit<BodyLimit, 'into'>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  await takeBody(answer, { ...limit, into: async (chunk) => void chunks.push(chunk) });
  return Buffer.concat(chunks);
}
