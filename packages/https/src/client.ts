import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { HttpsError } from './error.ts';
import { exchange, type HttpsAnswer, type HttpsRequestOptions, type Send } from './exchange.ts';

/** Who is trusted, and the way there. */
export interface HttpsClientOptions {
  /** Certificates of the authorities that may vouch for a server, PEM, in place of the system's. */
  readonly ca?: string;
  /** Proxy variables to honour (`HTTPS_PROXY`, `NO_PROXY`, …): `process.env`, or some of one's own. None by default. Needs Node 24.5. */
  readonly proxyEnv?: NodeJS.ProcessEnv;
  /** Connections to one server at a time; more requests wait. No limit by default. */
  readonly maxSockets?: number;
  /** Take `http:` addresses, too: for a server on the same machine, or for content that is checked by other means. */
  readonly allowPlainHttp?: boolean;
}

/** Connections that are kept open between requests. Idle ones let the process end. */
export interface HttpsClient {
  /**
   * Sends one request and resolves with the answer's beginning, whatever its status. Redirects are not followed.
   *
   * @throws {@link HttpsError}; the signal's reason
   */
  request(url: URL, options?: HttpsRequestOptions): Promise<HttpsAnswer>;
  /** Closes all connections. */
  close(): void;
}

/**
 * Opens nothing yet; TLS 1.2 at least.
 *
 * @example
 * ```ts
 * import { createHttpsClient, readBody } from '@klpkit/https';
 *
 * export async function fetchIndex(ca: string, signal: AbortSignal): Promise<Uint8Array> {
 *   const client = createHttpsClient({ ca, proxyEnv: process.env });
 *   const url = new URL('https://patches.example.org/index.json');
 *   const answer = await client.request(url, { maxBytes: 1 << 20, wholeMs: 30_000, signal });
 *   if (answer.status === 200) return readBody(answer);
 *   answer.discard();
 *   throw new Error(`answered ${answer.status}`);
 * }
 * ```
 */
export function createHttpsClient(options: HttpsClientOptions = {}): HttpsClient {
  const { ca, proxyEnv, maxSockets, allowPlainHttp = false } = options;
  const kept = {
    keepAlive: true,
    ...(maxSockets === undefined ? {} : { maxSockets }),
    ...(proxyEnv === undefined ? {} : { proxyEnv }),
  };
  const secure = new Agent({ ...kept, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) });
  const plain = allowPlainHttp ? new HttpAgent(kept) : undefined;
  const senderFor = ({ protocol, origin }: URL): Send => {
    if (protocol === 'https:') return (to, request) => httpsRequest(to, { ...request, agent: secure });
    if (protocol === 'http:' && plain !== undefined)
      return (to, request) => httpRequest(to, { ...request, agent: plain });
    throw new HttpsError('NOT_HTTPS', `${origin === 'null' ? protocol : origin} is no https:// address. Correct it.`);
  };
  return {
    request: async (url, request = {}) => exchange(senderFor(url), url, request),
    close() {
      secure.destroy();
      plain?.destroy();
    },
  };
}
