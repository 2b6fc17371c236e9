import { connect, type Socket } from 'node:net';
import { until } from './harness.ts';

/** Connections that are opened before some of them have ended: what the kernel has a queue for. */
const maxOpen = 1_000;
const step = 250;

/** Opens so many connections that say nothing, as fast as the server ends them; `between` is called after every thousand. Resolves when all have ended. */
export async function flood(port: number, count: number, between: () => Promise<void>): Promise<void> {
  const open = new Set<Socket>();
  for (let opened = 1; opened <= count; opened += 1) {
    const socket = connect({ port, host: '127.0.0.1' });
    // Without reading the end of a connection is not noticed.
    open.add(socket.resume());
    socket.on('error', () => undefined);
    socket.once('close', () => open.delete(socket));
    if (opened % step === 0) await until(() => open.size < maxOpen);
    if (opened % 1_000 === 0) await between();
  }
  await until(() => open.size === 0);
}
