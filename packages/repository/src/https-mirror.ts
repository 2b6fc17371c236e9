import { Agent, type Dispatcher, EnvHttpProxyAgent, ProxyAgent, request } from 'undici';
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
 * A mirror on a web server, a CDN or a bucket. Does not follow redirects to another origin's plain HTTP, keeps connections alive, and
 * lets the process end while they are idle.
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
  const base = parseBase(url, options);
  const dispatcher = createDispatcher(options);
  const name = `${base.origin}${base.pathname}`;
  return {
    name,
    open: (path, read) =>
      get(new URL(path.split('/').map(encodeURIComponent).join('/'), base), { dispatcher, ...read }),
  };
}

function parseBase(url: string, { allowPlainHttp = false }: HttpsMirrorOptions): URL {
  const base = URL.parse(url.endsWith('/') ? url : `${url}/`);
  if (base === null || !(base.protocol === 'https:' || (allowPlainHttp && base.protocol === 'http:'))) {
    throw new RepositoryError('UNREACHABLE', 'A mirror is an https:// address: correct it in the configuration.', {
      subject: url,
    });
  }
  return base;
}

function createDispatcher({ ca, proxy, connectTimeoutMs = 15_000 }: HttpsMirrorOptions): Dispatcher {
  const connect = { timeout: connectTimeoutMs, ...(ca === undefined ? {} : { ca }) };
  const common = { connect, headersTimeout: connectTimeoutMs, bodyTimeout: 0, requestTls: connect };
  if (proxy === undefined) return new Agent(common);
  return proxy === 'environment' ? new EnvHttpProxyAgent(common) : new ProxyAgent({ ...common, uri: proxy });
}

async function get(
  url: URL,
  options: MirrorReadOptions & { dispatcher: Dispatcher },
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const { dispatcher, offset = 0, signal } = options;
  let answer: Dispatcher.ResponseData;
  try {
    const headers = offset === 0 ? {} : { range: `bytes=${offset}-` };
    answer = await request(url, { dispatcher, headers, ...(signal === undefined ? {} : { signal }) });
  } catch (cause) {
    signal?.throwIfAborted();
    throw unreachable(url, cause instanceof Error ? cause.message : 'no answer', cause);
  }
  const { statusCode, body } = answer;
  if (statusCode === 206 && offset > 0) return body;
  if (statusCode === 200) return offset === 0 ? body : skip(body, offset);
  await body.dump();
  // 403 is what a bucket without the right to list says of a missing file.
  if (statusCode === 404 || statusCode === 403) return undefined;
  throw unreachable(url, `status ${statusCode}`);
}

async function* skip(body: AsyncIterable<Uint8Array>, offset: number): AsyncGenerator<Uint8Array> {
  let left = offset;
  for await (const chunk of body) {
    if (chunk.length > left) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

function unreachable(url: URL, why: string, cause?: unknown): RepositoryError {
  return new RepositoryError(
    'UNREACHABLE',
    `${url.origin}${url.pathname} does not answer (${why}): check network, proxy and certificate, or add a mirror.`,
    {
      subject: url.origin,
      cause,
    },
  );
}
