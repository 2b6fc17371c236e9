import { bodyFrom, createHttpsClient, type HttpsAnswer, type HttpsClient, isHttpsError } from '@klpkit/https';
import { RepositoryError } from './error.ts';
import type { Mirror, MirrorReadOptions } from './mirror.ts';

/** How a web mirror is reached. */
export interface HttpsMirrorOptions {
  /** Certificates of the authorities that may vouch for the server, PEM, in place of the system's. */
  readonly ca?: string;
  /** `http://` or `https://` address of a proxy; `environment` takes `HTTPS_PROXY` and `NO_PROXY`. None where absent. */
  readonly proxy?: string;
  /** Longest wait for a connection and for the first byte, ms. Default 15,000. */
  readonly connectTimeoutMs?: number;
  /** Allow `http:`. What is read is checked all the same; who reads what can then be seen by others. */
  readonly allowPlainHttp?: boolean;
}

/**
 * A mirror on a web server, a CDN or a bucket. Redirects are not followed; connections are kept, and let the process end while they are idle.
 *
 * @throws RepositoryError `UNREACHABLE` when the address is none, or is `http:` without `allowPlainHttp`
 * @example
 * ```ts
 * import { httpsMirror } from '@klpkit/repository';
 *
 * const mirror = httpsMirror('https://klp.example.org/repository', { proxy: 'environment' });
 * ```
 */
export function httpsMirror(url: string, options: HttpsMirrorOptions = {}): Mirror {
  const { ca, proxy, allowPlainHttp = false, connectTimeoutMs: headerMs = 15_000 } = options;
  const base = parseBase(url, allowPlainHttp);
  const proxyEnv = proxy === 'environment' ? process.env : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  const client = createHttpsClient({
    allowPlainHttp,
    ...(ca === undefined ? {} : { ca }),
    ...(proxy === undefined ? {} : { proxyEnv }),
  });
  return {
    name: `${base.origin}${base.pathname}`,
    open: (path, read) =>
      get(client, new URL(path.split('/').map(encodeURIComponent).join('/'), base), { headerMs, ...read }),
  };
}

function parseBase(url: string, allowPlainHttp: boolean): URL {
  const base = URL.parse(url.endsWith('/') ? url : `${url}/`);
  if (base === null || !(base.protocol === 'https:' || (allowPlainHttp && base.protocol === 'http:'))) {
    throw new RepositoryError('UNREACHABLE', 'A mirror is an https:// address: correct it in the configuration.', {
      subject: url,
    });
  }
  return base;
}

/** How long a body takes and how long it is, is bounded by its reader, as it is for every kind of mirror. */
async function get(
  client: HttpsClient,
  url: URL,
  { headerMs, offset = 0, signal }: MirrorReadOptions & { readonly headerMs: number },
): Promise<AsyncIterable<Uint8Array> | undefined> {
  let answer: HttpsAnswer;
  try {
    answer = await client.request(url, { from: offset, headerMs, signal });
  } catch (cause) {
    if (!isHttpsError(cause)) throw cause;
    throw unreachable(url, cause.sentence, cause);
  }
  const { status } = answer;
  if (status === 200 || status === 206) return bodyFrom(answer, offset);
  answer.discard(); // what an error page says is of no interest, however long it is
  // 403 is what a bucket without the right to list says of a missing file.
  if (status === 404 || status === 403) return undefined;
  throw unreachable(url, `It answered ${status}.`);
}

function unreachable(url: URL, why: string, cause?: unknown): RepositoryError {
  const sentence = `${url.origin}${url.pathname} cannot be had. ${why} Or add a mirror.`;
  return new RepositoryError('UNREACHABLE', sentence, { subject: url.origin, cause });
}
