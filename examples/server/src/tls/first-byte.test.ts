import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect, createServer as createProxy, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import { until } from '../testing/harness.ts';
import { awaitFirstByte, type SilentConnections } from './first-byte.ts';
import { issueAuthority } from './issue.ts';

const shortMs = 300;
const longMs = 600_000;
let server: Server;
let silent: SilentConnections;
/** Connections for which TLS was begun. */
let begun: Socket[];
const portOf = (one: { address(): unknown }): number => (one.address() as AddressInfo).port;

async function start(withinMs: number, mayOpen?: (address: string) => boolean): Promise<void> {
  const now = Date.now();
  const { certificate, key } = await issueAuthority({ notBefore: now - 1000, notAfter: now + 3_600_000 });
  server = createServer({ cert: certificate, key }, (_request, response) => void response.end('well'));
  begun = [];
  server.on('connection', (socket: Socket) => void begun.push(socket));
  silent = awaitFirstByte(server, { withinMs, ...(mayOpen === undefined ? {} : { mayOpen }) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

afterEach(async () => {
  silent.close();
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

function open(): Socket {
  return connect({ port: portOf(server), host: '127.0.0.1' })
    .resume()
    .on('error', () => undefined);
}

function countOpen(): Promise<number> {
  return new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
}

async function answerAt(port: number): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

it('ends a connection that says nothing, without TLS', async () => {
  await start(shortMs);
  const socket = open();
  await once(socket, 'close');
  expect(begun).toHaveLength(0);
  await until(async () => (await countOpen()) === 0);
});

it('ends a connection of somebody who may not open one, whatever it says', async () => {
  const asked: string[] = [];
  await start(longMs, (address) => {
    asked.push(address);
    return asked.length > 1;
  });
  const socket = open();
  socket.write('GET / HTTP/1.1\r\n\r\n');
  await once(socket, 'close');
  expect(begun).toHaveLength(0);
  expect(await answerAt(portOf(server))).toMatch(/^HTTP\/1.1 200 OK/);
  expect(asked).toEqual(['127.0.0.1', '127.0.0.1']);
});

it('answers whoever speaks', async () => {
  await start(longMs);
  expect(await answerAt(portOf(server))).toMatch(/^HTTP\/1.1 200 OK[^]*well/);
  expect(begun).toHaveLength(1);
});

it('answers where the first byte comes alone, and the rest later than silence may last', async () => {
  await start(shortMs);
  const proxy = createProxy((near) => {
    const far = open();
    far.pipe(near.on('error', () => undefined));
    near.once('data', (hello: Buffer) => {
      near.pause();
      far.write(hello.subarray(0, 1));
      setTimeout(() => {
        far.write(hello.subarray(1));
        near.pipe(far);
      }, 2 * shortMs);
    });
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  expect(await answerAt(portOf(proxy))).toMatch(/^HTTP\/1.1 200 OK[^]*well/);
  proxy.close();
});

it.each([
  ['ends', (socket: Socket) => socket.end()],
  ['breaks', (socket: Socket) => socket.resetAndDestroy()],
])('forgets a connection that %s before it spoke', async (_, leave) => {
  await start(longMs);
  const socket = open();
  await once(socket, 'connect');
  await until(async () => (await countOpen()) === 1);
  leave(socket);
  await until(async () => (await countOpen()) === 0);
  expect(begun).toHaveLength(0);
});

it('ends all that are silent when the server goes down', async () => {
  await start(longMs);
  const closed = Array.from({ length: 20 }, () => once(open(), 'close'));
  await until(async () => (await countOpen()) === 20);
  silent.close();
  await Promise.all(closed);
  const late = open();
  await once(late, 'close');
  expect(await countOpen()).toBe(0);
});
