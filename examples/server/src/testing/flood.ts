import { connect, type Socket } from 'node:net';
import { until } from './harness.ts';

/**
 * Connections that are open before some of them have ended. The kernel keeps 511 for a Node server that has not taken them yet; one more it
 * may forget without a word (SYN cookies: tcp(7), `tcp_syncookies`), and a client that then says nothing never hears that it has ended.
 */
const maxOpen = 500;

/** Opens so many connections that say nothing, as fast as the server ends them; `between` is called after every thousand. Resolves when all have ended. */
export async function flood(port: number, count: number, between: () => Promise<void>): Promise<void> {
  const open = new Set<Socket>();
  for (let opened = 1; opened <= count; opened += 1) {
    await until(() => open.size < maxOpen);
    const socket = connect({ port, host: '127.0.0.1' });
    // Without reading the end of a connection is not noticed.
    open.add(socket.resume());
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
    if (opened % 1_000 === 0) await between();
  }
  await until(() => open.size === 0);
}
