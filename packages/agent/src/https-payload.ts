import { type HttpsAnswer, type HttpsClient, type HttpsRequestOptions, isHttpsError } from '@klpkit/https';
import type { Release } from '@klpkit/release';
import { AgentError, isAgentError } from './error.ts';
import { inAgentsWords, refusal } from './https-errors.ts';
import { redirectOf } from './payload-redirect.ts';
import { openPartFile, openPartInMemory, type PayloadPart } from './payload-part.ts';

/** How a payload is fetched. */
export interface PayloadRequest {
  readonly url: URL;
  readonly client: HttpsClient;
  /** Where the server sends elsewhere for it. */
  readonly elsewhere: () => HttpsClient;
  readonly maxBytes: number;
  readonly limitMs: number;
  /** Where a part is kept over checks and restarts; in memory where absent. */
  readonly folder: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** A transfer that breaks off is gone on with this often in one check. */
const TRIES = 3;

/**
 * Fetches exactly `release.size` bytes. A transfer that breaks off goes on where it stopped (`Range`, RFC 9110 section 14.2), at once, at the next
 * check or after a restart: the address names the content by its digest, so the pieces belong together. What was put together is proven with
 * the signature, later.
 *
 * @throws {@link AgentError} `PAYLOAD_TOO_LARGE` at the first byte more than announced, `PAYLOAD_TRUNCATED`, `STATE_UNUSABLE`, or an error of the
 * connection
 */
export async function fetchPayload(release: Release, request: PayloadRequest): Promise<Uint8Array> {
  if (release.size > request.maxBytes) {
    throw tooLarge(`is announced with ${release.size} bytes, and the configuration allows ${request.maxBytes}`);
  }
  const { folder } = request;
  const part = folder === undefined ? openPartInMemory(release) : await openPartFile(folder, release);
  try {
    await fill(part, release, request);
    return await part.finish();
  } finally {
    await part.close();
  }
}

async function fill(part: PayloadPart, release: Release, request: PayloadRequest): Promise<void> {
  const begun = part.length();
  for (let tries = 1; part.length() < release.size && tries <= TRIES; tries += 1) {
    try {
      await inAgentsWords(() => fetchPart(part, release, request));
    } catch (error) {
      if (!isAgentError(error, 'SERVER_UNREACHABLE') || part.length() === begun) throw error;
    }
  }
  if (part.length() === release.size) return;
  throw new AgentError(
    'PAYLOAD_TRUNCATED',
    `The payload ended at byte ${part.length()} of ${release.size}. Nothing was inserted; the next check goes on from there. If it stays so, publish the release again.`,
  );
}

/** One request for what is missing. */
async function fetchPart(part: PayloadPart, { size }: Release, request: PayloadRequest): Promise<void> {
  const from = part.length();
  const headers = { accept: 'application/octet-stream' };
  const wanted = { headers, from, wholeMs: request.limitMs, maxBytes: size, signal: request.signal };
  try {
    const { url, answer } = await askOnceElsewhere(request, wanted);
    if (answer.status !== 200 && answer.status !== 206) throw await refusal(url, answer);
    if (answer.start < from) await part.restart(); // a server may answer a range with the whole
    // Awaited before the next piece is taken, so that a slow disk holds the sender back.
    for await (const chunk of answer.body) await part.append(chunk);
  } catch (error) {
    if (!isHttpsError(error, 'TOO_LONG')) throw error;
    throw tooLarge(`is longer than the ${size} bytes that its release document names`);
  }
}

/** Follows one redirect: a second one is an answer like any other, and refused. */
async function askOnceElsewhere(
  { url, client, elsewhere }: PayloadRequest,
  wanted: HttpsRequestOptions,
): Promise<{ url: URL; answer: HttpsAnswer }> {
  const answer = await client.request(url, wanted);
  const to = redirectOf(url, answer);
  if (to === undefined) return { url, answer };
  answer.discard();
  return { url: to, answer: await elsewhere().request(to, wanted) };
}

function tooLarge(how: string): AgentError {
  return new AgentError(
    'PAYLOAD_TOO_LARGE',
    `The payload ${how}. Nothing was inserted; publish the release with its true size, or raise "maxPayloadBytes".`,
  );
}
