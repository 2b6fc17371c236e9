import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workload } from './workload.ts';

const message = Buffer.from('klpkit'.repeat(200));
/** A message that does not come back over the loopback in this time is lost. */
const answerMs = 10_000;

/** Work over sockets of the machine itself. */
export function makeSocketWorkload(kind: 'tcp' | 'udp' | 'unix-sockets'): Workload {
  if (kind === 'udp') return udpWorkload();
  const isTcp = kind === 'tcp';
  return streamWorkload(
    kind,
    isTcp ? { host: '127.0.0.1', port: 0 } : { path: join(mkdtempSync(join(tmpdir(), 'klpkit-unix-')), 's') },
  );
}

function streamWorkload(name: string, where: { host: string; port: number } | { path: string }): Workload {
  let listening: Promise<Server> | undefined;
  const listen = async (): Promise<Server> => {
    if ('path' in where) rmSync(where.path, { force: true });
    const server = createServer((peer) => peer.on('error', () => {}).pipe(peer)).listen(where);
    server.unref();
    await once(server, 'listening');
    return server;
  };
  return {
    name,
    description: 'connects, sends a message, gets it back and closes',
    async round() {
      const address = (await (listening ??= listen())).address();
      const socket = connect(
        typeof address === 'object' && address !== null
          ? { host: '127.0.0.1', port: address.port }
          : { path: String(address) },
      );
      socket.setTimeout(answerMs, () => socket.destroy(new Error(`${name}: no answer in ${answerMs} ms`)));
      socket.end(message);
      const back = Buffer.concat(await socket.toArray());
      if (!back.equals(message))
        throw new Error(`${name}: ${back.length} of ${message.length} bytes came back as they were`);
    },
  };
}

function udpWorkload(): Workload {
  let bound: Promise<UdpSocket> | undefined;
  const bind = async (): Promise<UdpSocket> => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    socket.unref();
    await once(socket, 'listening');
    return socket;
  };
  return {
    name: 'udp',
    description: 'sends a datagram to itself and receives it',
    async round() {
      const socket = await (bound ??= bind());
      const arrived = once(socket, 'message', { signal: AbortSignal.timeout(answerMs) });
      socket.ref();
      socket.send(message, socket.address().port, '127.0.0.1');
      const [back] = (await arrived) as [Buffer];
      socket.unref();
      if (!back.equals(message)) throw new Error('udp: a datagram came back changed');
    },
  };
}
