import { parseBlocklist } from '@klpkit/blocklist';
import type { HttpsClientOptions } from '@klpkit/https';
import { fetchJson, type JsonRequest } from './https-json.ts';
import { fetchPayload } from './https-payload.ts';
import { parseOffer } from './offer.ts';
import { openClients } from './payload-redirect.ts';
import type { Reporter, Source } from './ports.ts';

/** Where the server is and how far it is trusted. */
export interface HttpsSourceOptions {
  /** `https://host[:port]` */
  readonly url: string;
  /** PEM certificates of the authorities to trust instead of the system's. */
  readonly ca?: string;
  /** Largest payload taken, bytes; 64 MiB. */
  readonly maxPayloadBytes?: number;
  /** An answer that is no payload must be there by then; 30 s. */
  readonly answerMs?: number;
  /** Each try for a payload must be done by then; 10 min. */
  readonly payloadMs?: number;
  /**
   * Private folder for a payload on its way, at most one: a transfer that breaks off is gone on with at the next check, also after a restart. In
   * memory where absent.
   */
  readonly downloads?: string;
  /** Sent with pings as a bearer token, where the server asks for one. */
  readonly pingToken?: string;
  /** Proxy variables (`HTTPS_PROXY`, `NO_PROXY`, …) to honour: `process.env`, or nothing. Needs Node 24.5. */
  readonly proxyEnv?: NodeJS.ProcessEnv;
}

/** The example server as a source of releases and as the place where pings go. */
export interface HttpsSource extends Source, Reporter {
  /** Closes the kept-open connections. */
  close(): void;
}

const MAX_ANSWER_BYTES = 1 << 20;
const MAX_BLOCKLIST_BYTES = 8 << 20;
const DEFAULT_MAX_PAYLOAD_BYTES = 64 << 20;

/**
 * Opens nothing yet; connections are made as they are needed, at most two, and kept.
 *
 * @example
 * ```ts
 * import { createHttpsSource } from '@klpkit/agent/https';
 *
 * const server = createHttpsSource({ url: 'https://patches.example.org:8443' });
 * server.close();
 * ```
 */
export function createHttpsSource(options: HttpsSourceOptions): HttpsSource {
  const base = new URL(options.url);
  const { client, elsewhere, close } = openClients(clientOptionsOf(options));
  const authorization: Record<string, string> =
    options.pingToken === undefined ? {} : { authorization: `Bearer ${options.pingToken}` };
  const limitMs = options.answerMs ?? 30_000;
  const ask = (path: string, rest: Omit<JsonRequest, 'url' | 'client' | 'limitMs'>) =>
    fetchJson({ url: new URL(path, base), client, limitMs, ...rest });
  return {
    async offer(query, { signal } = {}) {
      const search = new URLSearchParams({ kernel: query.kernel, arch: query.arch, tier: query.tier });
      return parseOffer(await ask(`/v1/offer?${search.toString()}`, { maxBytes: MAX_ANSWER_BYTES, signal }), query);
    },
    async blocklist({ signal } = {}) {
      return parseBlocklist(await ask('/v1/blocklist', { maxBytes: MAX_BLOCKLIST_BYTES, signal }));
    },
    payload: (release, path, { signal } = {}) =>
      fetchPayload(release, {
        url: new URL(path, base),
        client,
        elsewhere,
        maxBytes: options.maxPayloadBytes ?? DEFAULT_MAX_PAYLOAD_BYTES,
        limitMs: options.payloadMs ?? 600_000,
        folder: options.downloads,
        signal,
      }),
    async send(pings, { signal } = {}) {
      await ask('/v1/pings', {
        maxBytes: MAX_ANSWER_BYTES,
        body: JSON.stringify({ pings }),
        headers: authorization,
        signal,
      });
    },
    close,
  };
}

function clientOptionsOf({ ca, proxyEnv }: HttpsSourceOptions): HttpsClientOptions {
  return { maxSockets: 2, ...(ca === undefined ? {} : { ca }), ...(proxyEnv === undefined ? {} : { proxyEnv }) };
}
