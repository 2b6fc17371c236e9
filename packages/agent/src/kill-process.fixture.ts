import { fork } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testAuthority } from '@klpkit-internal/testkit';
import type { Ping } from '@klpkit/pings';
import type { KillChildCall, KillChildEnd, KillChildOrder } from './kill-child.fixture.ts';
import type { AgentPolicy } from './ports.ts';
import type { TestMachine } from './test-machine.fixture.ts';

const program = fileURLToPath(new URL('kill-child.fixture.ts', import.meta.url));

/** When the process is killed from outside: while the parent serves this call of it, after the work was done and before the answer. */
export interface DieIn {
  readonly method: KillChildCall['method'];
  readonly number: number;
}

/** When a process dies: before the effect of this number, or in the middle of a call; never where neither is given. */
export interface Death {
  readonly dieAt?: number;
  readonly dieIn?: DieIn;
  readonly policy?: AgentPolicy;
}

/** Runs the agent as a process until it ends or is killed; undefined where it was. */
export function runProcess(
  machine: TestMachine,
  { dieAt = Number.POSITIVE_INFINITY, dieIn, policy = {} }: Death = {},
): Promise<KillChildEnd | undefined> {
  const child = fork(program, [], {
    execArgv: ['--conditions=@klpkit/source'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'klpkit-test-compile-cache') },
    serialization: 'advanced',
  });
  const counts: Partial<Record<KillChildCall['method'], number>> = {};
  let end: KillChildEnd | undefined;
  const { certificate } = testAuthority();
  const { kernel, stateFolder } = machine;
  const order: KillChildOrder = { root: kernel.root, stateFolder, certificate, policy, dieAt };
  child.on('message', (message: KillChildCall | KillChildEnd) => {
    if (!('method' in message)) {
      end = message;
      return;
    }
    const number = (counts[message.method] = (counts[message.method] ?? 0) + 1);
    void (async () => {
      const answer = await serve(machine, message);
      if (dieIn?.method === message.method && dieIn.number === number) child.kill('SIGKILL');
      else if (child.connected) child.send({ id: message.id, ...answer }, () => undefined);
    })();
  });
  child.send({ order });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      code === 0 || signal === 'SIGKILL' ? resolve(end) : reject(new Error(`the agent ended with ${code ?? signal}`)),
    );
  });
}

async function serve({ kernel, server }: TestMachine, { method, args }: KillChildCall): Promise<object> {
  const [first, second] = args as [never, never];
  try {
    switch (method) {
      case 'offer':
        return { value: await server.offer({ kernel: '', arch: '', tier: '' }) };
      case 'blocklist':
        return { value: await server.blocklist() };
      case 'payload':
        return { value: await server.payload(first, '') };
      case 'send':
        return { value: await server.send(first as readonly Ping[]) };
      case 'insert':
        return { value: await kernel.loader.insert(first, second) };
      case 'remove':
        return { value: await kernel.loader.remove(first) };
      default:
        return { value: await kernel.loader.store?.(first, second) };
    }
  } catch (error) {
    return { error: { errno: (error as { errno?: string }).errno ?? 'EIO' } };
  }
}
