import { fork } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testAuthority } from '@klpkit-internal/testkit';
import type { FakeCourse } from '@klpkit/kernel/testing';
import type { Ping } from '@klpkit/pings';
import { describe, expect, it } from 'vitest';
import type { KillChildCall, KillChildEnd, KillChildOrder } from './kill-child.fixture.ts';
import { makeTestMachine, type TestMachine } from './test-machine.fixture.ts';
import { makeRelease } from './test-release.fixture.ts';

const program = fileURLToPath(new URL('kill-child.fixture.ts', import.meta.url));

/** When the process is killed from outside: while the parent serves this call of it, after the work was done and before the answer. */
type DieIn = { readonly method: KillChildCall['method']; readonly number: number };

/** Runs the agent as a process until it ends or is killed; undefined where it was. */
function runProcess(
  machine: TestMachine,
  { dieAt = Number.POSITIVE_INFINITY, dieIn }: { dieAt?: number; dieIn?: DieIn } = {},
): Promise<KillChildEnd | undefined> {
  const child = fork(program, [], {
    execArgv: ['--conditions=@klpkit/source'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'klpkit-test-compile-cache') },
    serialization: 'advanced',
  });
  const counts: Partial<Record<KillChildCall['method'], number>> = {};
  let end: KillChildEnd | undefined;
  const { certificate } = testAuthority();
  const order: KillChildOrder = { root: machine.kernel.root, stateFolder: machine.stateFolder, certificate, dieAt };
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

/** What must be the same whenever the agent was killed: what the kernel has, and what the server was told of the attempt. */
function resultOf({ kernel, server }: TestMachine) {
  const told = server.pings.filter(({ kind }) => kind !== 'check' && kind !== 'transition');
  const byAttempt = Map.groupBy(told, ({ attemptId }) => attemptId);
  return {
    modules: kernel.modules,
    attempts: [...byAttempt.values()].map((pings) => pings.map(nameOf)),
  };
}

function nameOf(ping: Ping): string {
  if (ping.kind === 'health') return `health-${ping.index}`;
  return ping.kind === 'error' ? `error ${ping.phase} ${ping.code}` : ping.kind;
}

async function newMachine(course: FakeCourse): Promise<TestMachine> {
  const machine = await makeTestMachine(course);
  const { release, bytes } = await makeRelease();
  machine.server.publish(release, bytes);
  return machine;
}

/** The next process, to its end. */
async function liveOn(machine: TestMachine): Promise<void> {
  expect(await runProcess(machine)).toBeDefined();
}

const courses: readonly [string, FakeCourse][] = [
  ['goes well', { kind: 'applies', afterMs: 5 }],
  ['oopses', { kind: 'oopses', afterMs: 5 }],
  ['is refused by the kernel', { kind: 'rejects', errno: 'EKEYREJECTED' }],
];

describe.each(courses)('kill -9 while a patch %s', (name, course) => {
  it('before each effect: the same in the end', { timeout: 600_000 }, async () => {
    await using whole = await newMachine(course);
    const { effects } = (await runProcess(whole)) as KillChildEnd;
    await liveOn(whole);
    const expected = resultOf(whole);
    // The looks at a transition are as many as it takes; the first of a row stands for all.
    const points = effects.flatMap((kind, at) => (kind === 'observe' && effects[at - 1] === kind ? [] : [at]));
    for (const dieAt of name === 'goes well' ? points : points.slice(-3)) {
      await using machine = await newMachine(course);
      expect(await runProcess(machine, { dieAt })).toBeUndefined();
      await liveOn(machine);
      const { modules, attempts } = resultOf(machine);
      const at = `killed before ${dieAt} ${effects[dieAt] ?? ''}`;
      expect({ at, modules }).toEqual({ at, modules: expected.modules });
      if (name === 'is refused by the kernel') {
        // It is tried anew at every check; each attempt must have told all of its course, and once.
        expect({ at, attempts }).toEqual({ at, attempts: attempts.map(() => expected.attempts[0]) });
      } else expect({ at, attempts }).toEqual({ at, attempts: expected.attempts });
    }
  });
});

describe('kill -9 from outside, after the work was done and before the agent heard of it', () => {
  it.each([
    ['in the insertion', { method: 'insert', number: 1 }],
    ['in the first delivery of pings', { method: 'send', number: 1 }],
    ['in the second delivery of pings', { method: 'send', number: 2 }],
  ] as const)('%s: the same in the end', { timeout: 120_000 }, async (_, dieIn) => {
    await using machine = await newMachine({ kind: 'applies', afterMs: 5 });
    expect(await runProcess(machine, { dieIn })).toBeUndefined();
    await liveOn(machine);
    expect(resultOf(machine)).toEqual({
      modules: ['klp_cve_2026_0001_1'],
      attempts: [['before', 'after', 'health-0', 'health-1', 'health-2', 'health-3']],
    });
  });
});
