import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findProgram } from './host-tools.ts';
import { startQemu } from './qemu-process.ts';

const setpriv = await findProgram('setpriv');
const sleep = (await findProgram('sleep')) ?? '/bin/sleep';
/** Sleeps for an hour in QEMU's place. */
const programs = { setpriv: setpriv ?? '', qemu: sleep };

const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
async function goesAway(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** A process that starts a QEMU and then does `then`; resolves with QEMU's pid. */
async function parent(then: string): Promise<{ child: ReturnType<typeof spawn>; pid: number }> {
  const module = fileURLToPath(new URL('qemu-process.ts', import.meta.url));
  const code = `
    import { startQemu } from ${JSON.stringify(module)};
    const qemu = startQemu(${JSON.stringify(programs)}, ['3600']);
    setTimeout(() => { process.stdout.write(qemu.pid + '\\n'); ${then} }, 300);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--conditions=@klpkit/source', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const pid = await new Promise<number>((resolve) =>
    child.stdout.once('data', (text: Buffer) => resolve(Number(text))),
  );
  return { child, pid };
}

describe.skipIf(setpriv === undefined)('QEMU (setpriv of util-linux is needed)', () => {
  it('is gone after kill', async () => {
    const qemu = startQemu(programs, ['3600']);
    qemu.kill();
    expect(await qemu.ended).toEqual({ failure: undefined });
  });

  it('that fails tells what it said', async () => {
    const qemu = startQemu(programs, ['not-a-number']);
    expect((await qemu.ended).failure).toContain('not-a-number');
  });

  it('that cannot be started is a failure', async () => {
    const qemu = startQemu({ ...programs, qemu: '/nonexistent' }, []);
    expect((await qemu.ended).failure).toContain('nonexistent');
  });

  it('does not outlive a parent that is killed by SIGKILL', async () => {
    const { child, pid } = await parent('');
    expect(isAlive(pid)).toBe(true);
    child.kill('SIGKILL');
    await goesAway(pid);
  });

  it('does not outlive a parent that is terminated', async () => {
    const { child, pid } = await parent('');
    child.kill('SIGTERM');
    await goesAway(pid);
  });

  it('does not outlive a parent that exits or crashes', async () => {
    for (const end of ['process.exit(0)', 'throw new Error("expected by the test")', 'process.abort()']) {
      const { pid } = await parent(end);
      await goesAway(pid);
    }
  });
});
