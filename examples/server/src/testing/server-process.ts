import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent } from 'node:https';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { testAuthority } from '@klpkit-internal/testkit';
import type { ServerConfig } from '../config.ts';

/** A server in a process of its own, that can be killed. */
export interface ServerProcess extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly url: string;
  /** Trusts its certificate. */
  readonly agent: Agent;
  /** Ends it as the kernel does when memory runs out; resolves when it is gone. */
  kill(): Promise<void>;
}

/** Starts one; it trusts the authority of the harness. */
export async function startServerProcess(
  config: Pick<ServerConfig, 'stateDir'> & Partial<ServerConfig>,
): Promise<ServerProcess> {
  const program = fileURLToPath(new URL('./server.child.ts', import.meta.url));
  const whole = { port: 0, trustCertificates: [testAuthority('p-256').certificate], ...config };
  const child = spawn(process.execPath, ['--conditions=@klpkit/source', program, JSON.stringify(whole)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const line = await Promise.race([once(createInterface(child.stdout), 'line'), ended.then(() => undefined)]);
  if (line === undefined) throw new Error('the server ended before it answered');
  const { url, certificate } = JSON.parse(String(line[0])) as { url: string; certificate: string };
  const agent = new Agent({ keepAlive: true, ca: certificate });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    agent.destroy();
  };
  return { child, url, agent, kill, [Symbol.asyncDispose]: kill };
}
