import type { IncomingMessage } from 'node:http';
import type { Agent } from 'node:https';
import type { Release } from '@klpkit/release';
import { AgentError, isAgentError } from './error.ts';
import { refusal } from './https-json.ts';
import { httpsRequest, takeBody, takeWhole } from './https-request.ts';

/** How a payload is fetched. */
export interface PayloadRequest {
  readonly url: URL;
  readonly agent: Agent;
  readonly maxBytes: number;
  readonly limitMs: number;
  readonly signal: AbortSignal | undefined;
}

/** A transfer that breaks off is gone on with this often; after that the next check begins again. */
const TRIES = 3;

/**
 * Fetches exactly `release.size` bytes. A transfer that breaks off goes on where it stopped (`Range`, RFC 9110 section 14.2): the address
 * names the content by its digest, so the pieces belong together. The digest itself is checked with the signature, later.
 *
 * @throws {@link AgentError} `PAYLOAD_TOO_LARGE` at the first byte more than announced, `PAYLOAD_TRUNCATED`, or an error of the connection
 */
export async function fetchPayload(release: Release, request: PayloadRequest): Promise<Uint8Array> {
  if (release.size > request.maxBytes) {
    throw tooLarge(`is announced with ${release.size} bytes, and the configuration allows ${request.maxBytes}`);
  }
  const received = new Uint8Array(release.size);
  let length = 0;
  for (let tries = 1; length < release.size && tries <= TRIES; tries += 1) {
    try {
      await fetchPart(request, received, length, (now) => {
        length = now;
      });
    } catch (error) {
      if (!isAgentError(error, 'SERVER_UNREACHABLE') || length === 0) throw error;
    }
  }
  if (length === release.size) return received;
  throw new AgentError(
    'PAYLOAD_TRUNCATED',
    `The payload ended at byte ${length} of ${release.size}. Nothing was inserted; the next check fetches it again. If it stays so, publish the release again.`,
  );
}

/** One request for what is missing; `reached` is told of every byte, also when the connection breaks after it. */
async function fetchPart(
  request: PayloadRequest,
  received: Uint8Array,
  from: number,
  reached: (length: number) => void,
): Promise<void> {
  const headers = { accept: 'application/octet-stream', ...(from > 0 ? { range: `bytes=${from}-` } : {}) };
  await httpsRequest({ ...request, headers }, async (answer) => {
    let at = await startOf(answer, request.url, from);
    await takeBody(answer, {
      maxBytes: received.length - at,
      tooLong: () => tooLarge(`is longer than the ${received.length} bytes that its release document names`),
      into: (chunk) => {
        received.set(chunk, at);
        at += chunk.length;
        reached(at);
      },
    });
  });
}

/** Where the answer's body begins: a server may answer a range with the whole. */
async function startOf(answer: IncomingMessage, url: URL, from: number): Promise<number> {
  if (answer.statusCode === 200) return 0;
  if (answer.statusCode === 206 && answer.headers['content-range']?.startsWith(`bytes ${from}-`) === true) return from;
  const tooLong = () => refusal(url, answer.statusCode ?? 0, new Uint8Array());
  throw refusal(url, answer.statusCode ?? 0, await takeWhole(answer, { maxBytes: 4096, tooLong }));
}

function tooLarge(how: string): AgentError {
  return new AgentError(
    'PAYLOAD_TOO_LARGE',
    `The payload ${how}. Nothing was inserted; publish the release with its true size, or raise "maxPayloadBytes".`,
  );
}
