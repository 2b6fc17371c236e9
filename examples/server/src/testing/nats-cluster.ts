import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why there is no nats-server here; `undefined` where there is one. */
export function natsMissing(): string | undefined {
  try {
    execFileSync('nats-server', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'nats-server is not installed (Debian: apt-get install nats-server)';
  }
}

/** Three real nats-servers with JetStream on loopback. */
export interface NatsCluster {
  /** For NATS_URL. */
  readonly url: string;
  /** Ends a server as a power cut does. */
  kill(index: number): Promise<void>;
  /** Starts one that was killed, on what it had written. */
  restart(index: number): Promise<void>;
  /** The server with this name. */
  indexOf(name: string): number;
  close(): Promise<void>;
}

/** Starts a cluster on free ports. It is ready when the first stream can be made: the caller retries. */
export async function startNatsCluster(): Promise<NatsCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'klpkit-nats-'));
  const ports = await freePorts(6);
  const [clients, routes] = [ports.slice(0, 3), ports.slice(3)];
  const names = ['n0', 'n1', 'n2'];
  const configOf = (index: number): string => join(folder, `${names[index]}.conf`);
  for (const [index, name] of names.entries()) {
    await writeFile(
      configOf(index),
      `server_name: ${name}
listen: 127.0.0.1:${clients[index]}
jetstream { store_dir: "${join(folder, name)}", max_file: 256MB, max_mem: 64MB }
cluster { name: klpkit, listen: 127.0.0.1:${routes[index]}, routes: [${routes.map((port) => `nats-route://127.0.0.1:${port}`).join(', ')}] }
`,
    );
  }
  const start = (index: number): ChildProcess => spawn('nats-server', ['-c', configOf(index)], { stdio: 'ignore' });
  const servers = names.map((_, index) => start(index));
  const end = async (index: number): Promise<void> => {
    const server = servers[index];
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };
  return {
    url: clients.map((port) => `nats://127.0.0.1:${port}`).join(','),
    kill: end,
    restart: async (index) => {
      await end(index);
      servers[index] = start(index);
    },
    indexOf: (name) => names.indexOf(name),
    close: async () => {
      await Promise.all(names.map((_, index) => end(index)));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
