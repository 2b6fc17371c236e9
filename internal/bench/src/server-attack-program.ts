// Hostile machines, in a process of their own: requests that are refused, by the clock, and connections that say nothing or too little.
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { everyPeriod } from './server-clock.ts';
import { type HostileKind, hostileKinds, type HostileRequest, requestsOf } from './server-hostile.ts';

/** What the program is told. */
export interface Attack {
  readonly url: string;
  readonly certificate: string;
  readonly release: string;
  readonly requestsPerSecond: number;
  /** The kinds of requests, all by default. */
  readonly kinds?: readonly HostileKind[];
  /** Say nothing, and come again when they are ended. */
  readonly silentConnections: number;
  /** Say one byte a second, half of them in the headers and half in the body, and come again. */
  readonly slowConnections: number;
  /** Over this time the connections are opened one by one, so that they are also ended one by one; nothing is measured before it is over. */
  readonly openingMs: number;
  /** Whence it comes, of 127.0.0.0/8; as honest machines by default. */
  readonly from?: string;
  /** The file into which it writes an {@link AttackReport} at its end. */
  readonly report: string;
}

/** What was sent and what came back. */
export interface AttackReport {
  readonly seconds: number;
  readonly sent: number;
  /** Requests that ended without an answer: the server did not take their connection. */
  readonly refused: number;
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Silent and slow connections that the server ended. */
  readonly ended: number;
}

const attack = JSON.parse(process.argv[2] ?? '{}') as Attack;
const whence = attack.from === undefined ? {} : { localAddress: attack.from };
/** Read once and not for each connection: those who ask share the processor with the attacker. */
const secureContext = createSecureContext({ ca: attack.certificate });
const over = new AbortController();
const statuses: Record<string, number> = {};
let sent = 0;
let refused = 0;
let ended = 0;

/** Each on a connection that is kept where the server keeps it. */
function sendHostile(): void {
  if (attack.requestsPerSecond === 0) return;
  // An invented token is answered ten times a second at most on each.
  const agent = new Agent({ keepAlive: true, maxSockets: 16, secureContext, ...whence });
  const all = (attack.kinds ?? hostileKinds).map((kind) => requestsOf(kind, attack.release));
  everyPeriod(1000 / attack.requestsPerSecond, over.signal, (index) => {
    const make = all[index % all.length] as () => HostileRequest;
    const { path, method, headers, body } = make();
    const outgoing = request(new URL(path, attack.url), { method, headers, agent, signal: over.signal });
    sent += 1;
    let isAnswered = false;
    outgoing.on('error', () => {
      if (!isAnswered) refused += 1;
      isAnswered = true;
    });
    outgoing.once('response', (response) => {
      isAnswered = true;
      const status = String(response.statusCode);
      statuses[status] = (statuses[status] ?? 0) + 1;
      response.resume();
    });
    outgoing.end(body);
  });
}

/** Keeps so many connections: another is opened for each that the server ends, but none of them more often than once in `openingMs`. */
async function hold(count: number, open: (index: number) => Socket): Promise<void> {
  const openAgain = (index: number): void => {
    if (over.signal.aborted) return;
    const openedAt = performance.now();
    const socket = open(index).resume();
    const close = (): void => void socket.destroy();
    over.signal.addEventListener('abort', close, { once: true });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      over.signal.removeEventListener('abort', close);
      ended += 1;
      setTimeout(openAgain, Math.max(100, openedAt + attack.openingMs - performance.now()), index).unref();
    });
  };
  for (let index = 0; index < count; index += 1) {
    openAgain(index);
    await sleep(attack.openingMs / count);
  }
}

const address = { host: '127.0.0.1', port: Number(new URL(attack.url || 'https://localhost').port), ...whence };

function openSlow(index: number): Socket {
  const socket = connectTls({ ...address, secureContext, servername: 'localhost' });
  const beginning = 'POST /v1/pings HTTP/1.1\r\nhost: localhost\r\n';
  socket.once('secureConnect', () => {
    socket.write(
      index % 2 === 0
        ? `${beginning}x-slow: `
        : `${beginning}content-length: 10000\r\ncontent-type: application/json\r\n\r\n{`,
    );
    const timer = setInterval(() => socket.write(' '), 1000);
    socket.once('close', () => clearInterval(timer));
  });
  return socket;
}

process.once('SIGTERM', () => {
  over.abort();
  const report: AttackReport = { seconds: (performance.now() - begunAt) / 1000, sent, refused, statuses, ended };
  writeFileSync(attack.report, JSON.stringify(report));
  process.exit(0);
});
const begunAt = performance.now();
sendHostile();
await Promise.all([
  hold(attack.silentConnections, () => connect(address)),
  hold(attack.slowConnections, openSlow),
  sleep(attack.openingMs),
]);
// Only now, when all of it is under way, is anything measured.
process.stdout.write(`${JSON.stringify({ pid: process.pid })}\n`);
