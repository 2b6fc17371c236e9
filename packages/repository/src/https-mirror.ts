import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
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
  const connection = openConnections(base, options);
  const name = `${base.origin}${base.pathname}`;
  return {
    name,
    open: (path, read) =>
      get(new URL(path.split('/').map(encodeURIComponent).join('/'), base), { connection, ...read }),
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

/** Connections that are kept: Node's own, as the agent's pings have them, so that a machine loads one client for HTTP and not two. */
interface Connections {
  readonly request: typeof httpRequest;
  readonly agent: HttpAgent;
  readonly firstByteMs: number;
}

function openConnections(
  { protocol }: URL,
  { ca, proxy, connectTimeoutMs: firstByteMs = 15_000 }: HttpsMirrorOptions,
): Connections {
  const proxyEnv = proxy === 'environment' ? process.env : { HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
  const common = { keepAlive: true, ...(proxy === undefined ? {} : { proxyEnv }) };
  if (protocol === 'http:') return { request: httpRequest, agent: new HttpAgent(common), firstByteMs };
  const agent = new HttpsAgent({ ...common, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) });
  return { request: httpsRequest, agent, firstByteMs };
}

async function get(
  url: URL,
  options: MirrorReadOptions & { connection: Connections },
): Promise<AsyncIterable<Uint8Array> | undefined> {
  const { offset = 0, signal } = options;
  let answer: IncomingMessage;
  try {
    answer = await exchange(url, options);
  } catch (cause) {
    signal?.throwIfAborted();
    throw unreachable(url, cause instanceof Error ? cause.message : 'no answer', cause);
  }
  const { statusCode } = answer;
  if (statusCode === 206 && offset > 0) return answer;
  if (statusCode === 200) return offset === 0 ? answer : skip(answer, offset);
  answer.destroy(); // what an error page says is of no interest, however long it is
  // 403 is what a bucket without the right to list says of a missing file.
  if (statusCode === 404 || statusCode === 403) return undefined;
  throw unreachable(url, `status ${statusCode}`);
}

/** One request up to its header. Redirects are not followed: the address is configured. */
function exchange(
  url: URL,
  { connection, offset = 0, signal }: MirrorReadOptions & { connection: Connections },
): Promise<IncomingMessage> {
  const { request, agent, firstByteMs } = connection;
  return new Promise((resolve, reject) => {
    const headers = { 'accept-encoding': 'identity', ...(offset === 0 ? {} : { range: `bytes=${offset}-` }) };
    const outgoing = request(url, { agent, headers, ...(signal === undefined ? {} : { signal }) });
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${firstByteMs} ms`)), firstByteMs);
    outgoing
      .once('response', resolve)
      .once('close', () => clearTimeout(timer))
      .on('error', reject);
    outgoing.once('response', () => clearTimeout(timer));
    outgoing.end();
  });
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
