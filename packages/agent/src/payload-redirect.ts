import { rootCertificates } from 'node:tls';
import { createHttpsClient, type HttpsAnswer, type HttpsClient, type HttpsClientOptions } from '@klpkit/https';
import { AgentError } from './error.ts';

/** Redirects that name another address of the same content (RFC 9110 section 15.4). */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The CDN or bucket that a server sends for its payload to; `undefined` where it answers itself. Only payloads are handed over: their digest was learnt
 * from the server itself, and their signature is verified, so whoever sends them can do no more than not send them.
 *
 * @throws {@link AgentError} `SERVER_REFUSED` where it is no https address
 */
export function redirectOf(url: URL, { status, headers }: HttpsAnswer): URL | undefined {
  if (!REDIRECTS.has(status)) return undefined;
  const to = headers.location === undefined ? null : URL.parse(headers.location, url.href);
  if (to?.protocol === 'https:') return to;
  const next = 'Look at "payloadUrl" in the configuration of the server.';
  throw new AgentError(
    'SERVER_REFUSED',
    `${url.host}${url.pathname} sent for its payload to no https address. ${next}`,
    {
      status,
    },
  );
}

/** Connections to the server, and to where it sends for payloads. */
export interface ServerClients {
  readonly client: HttpsClient;
  /** Opened when first needed, because some 150 authorities take their time to read. */
  readonly elsewhere: () => HttpsClient;
  readonly close: () => void;
}

/** Certificates of CDNs and buckets come from public authorities: for them those are trusted beside the one that is configured. */
export function openClients(options: HttpsClientOptions): ServerClients {
  const client = createHttpsClient(options);
  let other: HttpsClient | undefined;
  const ca = options.ca === undefined ? {} : { ca: [options.ca, ...rootCertificates].join('\n') };
  return {
    client,
    elsewhere: () => (other ??= createHttpsClient({ ...options, ...ca })),
    close: () => {
      client.close();
      other?.close();
    },
  };
}
