import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Release } from '@klpkit/release';
import { signTestModule, type TestAuthority, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import type { RunningServer, ServerConfig } from '../config.ts';
import { type StartOptions, startServer } from '../server.ts';
import type { AnswerBody } from './answer-body.ts';

/** The kernel that all test payloads are for. */
export const kernel = '6.1.0-56-amd64';
export const offerPath = (tier: string): string => `/v1/offer?kernel=${kernel}&arch=x86_64&tier=${tier}`;

/** One answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** The body as JSON, `undefined` where it is none. */
  readonly json: AnswerBody;
}

/** What {@link Harness.ask} sends. */
export interface Ask {
  /** JSON, or bytes as they are. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly token?: string | null;
  readonly agent?: Agent;
  /** Without a content-length. */
  readonly isChunked?: boolean;
}

/** A running server with what tests do to it. */
export interface Harness {
  readonly server: RunningServer;
  readonly stateDir: string;
  readonly token: string;
  ask(method: string, path: string, what?: Ask): Promise<Answer>;
  /** Publishes a release of a fresh tiny module. */
  publish(change?: Partial<Release>): Promise<{ release: Release; bytes: Uint8Array; answer: Answer }>;
  /** Stops the server and starts it again on the same folder. */
  restart(change?: Partial<ServerConfig>): Promise<void>;
  close(): Promise<void>;
}

/** Starts a server on a folder of its own and a free port. */
export async function startHarness(change: Partial<ServerConfig> = {}, options: StartOptions = {}): Promise<Harness> {
  const stateDir = await mkdtemp(join(tmpdir(), 'klpkit-server-'));
  const authority = testAuthority('p-256');
  const start = (more: Partial<ServerConfig>): Promise<RunningServer> =>
    startServer(
      { stateDir, port: 0, trustCertificates: [authority.certificate], logLevel: 'silent', ...change, ...more },
      options,
    );
  let server = await start({});
  const token = server.adminToken ?? '';
  let agent = new Agent({ keepAlive: true, ca: server.certificate });
  const harness: Harness = {
    get server() {
      return server;
    },
    stateDir,
    token,
    ask: (method, path, what = {}) =>
      send(new URL(path, server.url), method, { token: path.startsWith('/v1/admin') ? token : null, agent, ...what }),
    publish: (changes = {}) => publish(harness, { authority, changes }),
    restart: async (more = {}) => {
      agent.destroy();
      await server.close();
      server = await start(more);
      agent = new Agent({ keepAlive: true, ca: server.certificate });
    },
    close: async () => {
      agent.destroy();
      await server.close();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
  return harness;
}

/** The JSON of an answer that is a document of its own: a view, a report, the description of the interface. */
export function documentOf({ bytes }: Pick<Answer, 'bytes'>): unknown {
  return JSON.parse(bytes.toString());
}

/** Sends one request. */
export async function send(url: URL, method: string, { body, headers, token, agent, isChunked }: Ask): Promise<Answer> {
  const isBytes = body instanceof Uint8Array;
  const data = body === undefined || isBytes ? body : JSON.stringify(body);
  const outgoing = request(url, {
    method,
    ...(agent === undefined ? {} : { agent }),
    headers: {
      ...(data === undefined ? {} : { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' }),
      ...(data === undefined || isChunked === true ? {} : { 'content-length': Buffer.byteLength(data) }),
      ...(token === undefined || token === null ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
  });
  // A server that has heard enough answers and hangs up: what can no longer be written does not matter then.
  outgoing.on('error', () => undefined);
  if (isChunked === true) outgoing.flushHeaders();
  outgoing.end(data);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    bytes,
    json: parseOrNothing(bytes) as AnswerBody,
  };
}

function parseOrNothing(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

async function publish(
  harness: Harness,
  options: { authority: TestAuthority; changes: Partial<Release> },
): ReturnType<Harness['publish']> {
  const name = options.changes.name ?? 'lp';
  const module = tinyModule({
    name: `livepatch_${name.replaceAll(/[^a-z0-9]/g, '_')}_${options.changes.version ?? '1'}`,
    release: options.changes.kernel ?? kernel,
  });
  const bytes = await signTestModule(module, options.authority);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await harness.ask('PUT', `/v1/admin/payloads/${sha256}`, { body: bytes });
  const fixed = { name, version: '1', reroll: 0, kernel, arch: 'x86_64', fixes: [], endOfLife: null, evidence: null };
  const release: Release = { ...fixed, sha256, size: bytes.length, ...options.changes };
  const answer = await harness.ask('POST', '/v1/admin/releases', { body: { release } });
  return { release, bytes, answer };
}

/** How to reach the embedded database of a state folder. */
export function databaseOf(stateDir: string): { connectionString: string } {
  const password = readFileSync(join(stateDir, 'secrets/database-password'), 'utf8');
  const socketDir = encodeURIComponent(join(stateDir, 'postgres/run'));
  return { connectionString: `postgresql://klpkit:${password}@/postgres?host=${socketDir}` };
}

/** A ping about `lp-1`. */
export function ping(kind: string, rest: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: randomUUID(),
    attemptId: randomUUID(),
    release: 'lp-1',
    kernel,
    arch: 'x86_64',
    tier: 'internal',
    sentAt: Date.now(),
    kind,
    ...rest,
  };
}

/** Waits until `look` gives something; the limit is the test's own. */
export async function until<T>(look: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
