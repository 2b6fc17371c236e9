// Hostile machines, in a process of their own: requests that are refused, at a steady rate, and connections that say nothing.
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { beforePing } from './server-bench.ts';

/** What the program is told. */
export interface Attack {
  readonly url: string;
  readonly certificate: string;
  readonly release: string;
  readonly requestsPerSecond: number;
  readonly silentConnections: number;
}

interface Hostile {
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
}

const attack = JSON.parse(process.argv[2] ?? '{}') as Attack;
const over = new AbortController();
let answered = 0;

/** What is refused: a token that nobody has, no JSON, an unknown field, a body that unpacks, one that is too large, markup and SQL; and what was sent before. */
function hostileRequests(): readonly Hostile[] {
  const json = { 'content-type': 'application/json' };
  const pings = (change: object): string => JSON.stringify({ pings: [{ ...beforePing(attack.release), ...change }] });
  const post = { path: '/v1/pings', method: 'POST', headers: json };
  return [
    {
      path: '/v1/admin/tokens',
      method: 'GET',
      headers: { authorization: `Bearer klp_${randomBytes(32).toString('base64url')}` },
      body: '',
    },
    { ...post, body: '{"pings":[' },
    { ...post, body: pings({ hostname: 'web-1' }) },
    { ...post, body: pings({ tier: "x'; drop table pings; --" }) },
    { ...post, body: pings({ release: '<script>alert(1)</script>' }) },
    { ...post, headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(10_000_000)) },
    { ...post, headers: { ...json, 'content-length': '900000000' }, body: '' },
    { ...post, body: pings({}) },
  ];
}

/** Each on a connection that is kept where the server keeps it. */
async function sendHostile(): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8, ca: attack.certificate });
  const all = hostileRequests();
  for (let sent = 0; !over.signal.aborted; sent += 1) {
    const { path, method, headers, body } = all[sent % all.length] as Hostile;
    const outgoing = request(new URL(path, attack.url), { method, headers, agent, signal: over.signal });
    outgoing.on('error', () => undefined);
    outgoing.once('response', (response) => {
      answered += 1;
      response.resume();
    });
    outgoing.end(body);
    await sleep(1000 / attack.requestsPerSecond, undefined, { signal: over.signal }).catch(() => undefined);
  }
  agent.destroy();
}

/** Opens another connection for each that the server ends. */
function holdSilent(): void {
  const port = Number(new URL(attack.url).port);
  const open = (): void => {
    if (over.signal.aborted) return;
    const socket: Socket = connect({ port, host: '127.0.0.1' }).resume();
    over.signal.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.on('error', () => undefined);
    socket.once('close', () => setTimeout(open, 100).unref());
  };
  for (let count = 0; count < attack.silentConnections; count += 1) open();
}

process.once('SIGTERM', () => {
  over.abort();
  process.exit(answered > 0 ? 0 : 1);
});
holdSilent();
void sendHostile();
// Not before the silent connections are there, and the server is through with taking them: they are held, not opened, while it is measured.
await sleep(2_000);
process.stdout.write(`${JSON.stringify({ pid: process.pid })}\n`);
