import { Agent, request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { tempFolder } from '@klpkit-internal/testkit';
import type { BenchContext, BenchRow } from './bench.ts';
import { median } from './median.ts';
import { type BenchServer, beforePing, publishRelease, startBenchServer } from './server-bench.ts';
import { load, wrkMissing } from './server-load.ts';

export const name = 'server: honest machines beside hostile ones';

const rounds = 5;
const roundS = 4;
const honestConnections = 16;
const silentConnections = 1_000;
const hostileRequestsPerSecond = 200;

interface Hostile {
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string | Buffer;
}

/** What is refused: a token that nobody has, no JSON, an unknown field, a body that unpacks, one that is too large, markup and SQL. */
function hostileRequests(release: string): readonly Hostile[] {
  const json = { 'content-type': 'application/json' };
  const pings = (change: object): string => JSON.stringify({ pings: [{ ...beforePing(release), ...change }] });
  const post = { path: '/v1/pings', method: 'POST', headers: json };
  return [
    { path: '/v1/admin/tokens', method: 'GET', headers: { authorization: 'Bearer invented' }, body: '' },
    { ...post, body: '{"pings":[' },
    { ...post, body: pings({ hostname: 'web-1' }) },
    { ...post, body: pings({ tier: "x'; drop table pings; --" }) },
    { ...post, body: pings({ release: '<script>alert(1)</script>' }) },
    { ...post, headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync(Buffer.alloc(10_000_000)) },
    { ...post, headers: { ...json, 'content-length': '900000000' }, body: '' },
  ];
}

/** Sends hostile requests at a steady rate, each on a connection that is kept where the server keeps it. Gives how many were answered. */
async function sendHostile(server: BenchServer, release: string, over: AbortSignal): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8, ca: server.said.certificate });
  const all = hostileRequests(release);
  let answered = 0;
  for (let sent = 0; !over.aborted; sent += 1) {
    const { path, method, headers, body } = all[sent % all.length] as Hostile;
    const outgoing = request(new URL(path, server.said.url), { method, headers, agent, signal: over });
    outgoing.on('error', () => undefined);
    outgoing.once('response', (response) => {
      answered += 1;
      response.resume();
    });
    outgoing.end(body);
    await sleep(1000 / hostileRequestsPerSecond, undefined, { signal: over }).catch(() => undefined);
  }
  agent.destroy();
  return answered;
}

/** Holds connections that say nothing, and opens another for each that the server ends. */
function holdSilent(port: number, over: AbortSignal): void {
  const open = (): void => {
    if (over.aborted) return;
    const socket: Socket = connect({ port, host: '127.0.0.1' }).resume();
    const end = (): void => void socket.destroy();
    over.addEventListener('abort', end, { once: true });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      over.removeEventListener('abort', end);
      setTimeout(open, 100).unref();
    });
  };
  for (let count = 0; count < silentConnections; count += 1) open();
}

interface Place {
  readonly server: BenchServer;
  readonly release: string;
  readonly folder: string;
}

async function honest({ server, release, folder }: Place): Promise<number> {
  const bodies = Array.from({ length: 60_000 }, () => JSON.stringify({ pings: [beforePing(release)] }));
  const url = `${server.said.url}/v1/pings`;
  const { perSecond, failed, said } = await load({
    url,
    connections: honestConnections,
    seconds: roundS,
    bodies,
    folder,
  });
  if (failed > 0) throw new Error(`${failed} honest requests were not answered well: ${said}`);
  return perSecond;
}

async function besideHostile(place: Place): Promise<number> {
  const over = new AbortController();
  holdSilent(Number(new URL(place.server.said.url).port), over.signal);
  const hostile = sendHostile(place.server, place.release, over.signal);
  const perSecond = await honest(place).finally(() => over.abort());
  if ((await hostile) === 0) throw new Error('no hostile request was answered: nothing was measured');
  return perSecond;
}

export async function run(context: BenchContext): Promise<BenchRow[]> {
  const missing = wrkMissing();
  if (missing !== undefined) throw new Error(missing);
  await using temp = await tempFolder('klpkit-bench-');
  const server = await startBenchServer(join(temp.path, 'state'));
  try {
    const place: Place = { server, release: await publishRelease(server, 'lp'), folder: temp.path };
    await honest(place);
    const all: { beside: number; alone: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      context.log(`round ${round + 1} of ${rounds}`);
      all.push({ alone: await honest(place), beside: await besideHostile(place) });
    }
    const ratio = median(all.map(({ alone, beside }) => beside / alone));
    return [
      {
        what: `single pings of ${honestConnections} honest connections beside ${hostileRequestsPerSecond} hostile requests a second and ${silentConnections.toLocaleString('en')} silent connections, to the same without`,
        ours: median(all.map(({ beside }) => beside)),
        peer: median(all.map(({ alone }) => alone)),
        ratio,
        unit: '/s',
        target: 'at least 0.9x',
        ok: ratio >= 0.9,
      },
    ];
  } finally {
    await server.stop();
  }
}
