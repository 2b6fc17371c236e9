import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerConfig, ServerLimits } from '@klpkit-examples/server';
import { signTestModule, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import type { ClientConfig } from 'pg';
import { type Running, startProgram } from './server-load.ts';

/** What the server program says of itself. */
export interface ServerSaid {
  readonly url: string;
  readonly certificate: string;
  /** `null` after the first start. */
  readonly token: string | null;
}

/** A server that is measured. */
export interface BenchServer extends Running<ServerSaid> {
  readonly token: string;
  /** Asks it and gives the JSON of a good answer. */
  ask(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Of its embedded database, for a second connection. */
  readonly database: ClientConfig;
}

const kernel = '6.1.0-56-amd64';
const authority = testAuthority('p-256');

/** As its README and its unit start it. */
const serverEnvironment = { ...process.env, MALLOC_ARENA_MAX: '2' };
const serverOptions = [
  '--min-semi-space-size=8',
  '--max-semi-space-size=8',
  '--no-parallel-scavenge',
  '--max-old-space-size=256',
];
const serverPackage = fileURLToPath(new URL('../../../examples/server', import.meta.url));

/** What is measured is what is deployed, made from the sources as they are now. */
function buildServer(): void {
  const tsup = createRequire(import.meta.url).resolve('tsup/dist/cli-default.js');
  execFileSync(process.execPath, [tsup, '--silent'], { cwd: serverPackage, stdio: ['ignore', 'ignore', 'inherit'] });
}

/** How a server is started for a bench. */
export interface BenchServerOptions {
  /** The administrator's: it is a restart. */
  readonly token?: string;
  /** Beside what `server-program.mjs` sets. */
  readonly limits?: Partial<ServerLimits>;
}

/** Starts the server on a folder. */
export async function startBenchServer(folder: string, options: BenchServerOptions = {}): Promise<BenchServer> {
  await mkdir(folder, { recursive: true });
  // As root the database runs as somebody else, who has to come through.
  await chmod(dirname(folder), 0o711);
  buildServer();
  const settings: ServerConfig = {
    stateDir: folder,
    trustCertificates: [authority.certificate],
    limits: options.limits ?? {},
  };
  const program = new URL('./server-program.mjs', import.meta.url);
  const running = await startProgram<ServerSaid>(program, settings, {
    nodeOptions: serverOptions,
    env: serverEnvironment,
  });
  const { url, certificate } = running.said;
  const known = options.token ?? running.said.token ?? '';
  const agent = new Agent({ keepAlive: true, ca: certificate });
  const password = readFileSync(join(folder, 'secrets/database-password'), 'utf8');
  return {
    ...running,
    token: known,
    ask: (method, path, body) => ask(new URL(path, url), { method, body, token: known, agent }),
    database: { host: join(folder, 'postgres/run'), user: 'klpkit', password, database: 'postgres' },
    stop: async (signal) => {
      agent.destroy();
      await running.stop(signal);
    },
  };
}

interface Ask {
  readonly method: string;
  readonly body: unknown;
  readonly token: string;
  readonly agent: Agent;
}

async function ask(url: URL, { method, body, token, agent }: Ask): Promise<unknown> {
  const isBytes = body instanceof Uint8Array;
  const data = body === undefined || isBytes ? body : JSON.stringify(body);
  const type = isBytes ? 'application/octet-stream' : 'application/json';
  const outgoing = request(url, {
    method,
    agent,
    headers: { authorization: `Bearer ${token}`, ...(data === undefined ? {} : { 'content-type': type }) },
  });
  outgoing.end(data);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  if ((response.statusCode ?? 500) >= 300) throw new Error(`${method} ${url.pathname}: ${response.statusCode} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** Publishes a release that pings can be about; gives its key. */
export async function publishRelease(server: BenchServer, name: string): Promise<string> {
  const module = tinyModule({ name: `livepatch_${name}`, release: kernel });
  const bytes = await signTestModule(module, authority);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await server.ask('PUT', `/v1/admin/payloads/${sha256}`, bytes);
  const fixed = { version: '1', reroll: 0, kernel, arch: 'x86_64', fixes: [], endOfLife: null, evidence: null };
  await server.ask('POST', '/v1/admin/releases', { release: { name, ...fixed, sha256, size: bytes.length } });
  return `${name}-1`;
}

/** A ping of a machine that begins. */
export function beforePing(release: string): Record<string, unknown> {
  return {
    id: randomUUID(),
    attemptId: randomUUID(),
    release,
    kernel,
    arch: 'x86_64',
    tier: 'internal',
    sentAt: Date.now(),
    kind: 'before',
  };
}
