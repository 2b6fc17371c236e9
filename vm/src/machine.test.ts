import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BootOptions, bootVm, buildRoot, type PreparedKernel, prepareKernel, type RootImage } from '@klpkit/vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whyNoKernels } from './availability.ts';

const reason = whyNoKernels();
const fetcher = `
const answer = await fetch('http://10.0.2.2:' + process.argv[2]);
console.log(process.version, await answer.text());
process.exit(7);
`;
/** Boots a machine and says its pid; the test ends this process. */
const bootForever = `
import { bootVm, prepareKernel } from '@klpkit/vm';
const [release, root] = process.argv.slice(1);
const vm = await bootVm(await prepareKernel(release), { root: { path: root } });
console.log(vm.pid);
await vm.exit;
`;

describe.skipIf(reason !== undefined)(`a machine${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  let folder: string;
  let kernel: PreparedKernel;
  let root: RootImage;
  /** What every machine has; TCG, as a /dev/kvm that is there may not work. */
  const boot = (options: Partial<BootOptions> = {}) => bootVm(kernel, { root, accelerator: 'tcg', ...options });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'klpkit-machine-'));
    kernel = await prepareKernel('newest-6.1-cloud');
    root = await buildRoot([{ kind: 'file', to: '/app/fetch.mjs', content: fetcher }], { image: join(folder, 'root') });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('runs a Node program that reaches a server on the host, and keeps its state', async () => {
    const server = createServer((_, answer) => answer.end('from the host')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const state = join(folder, 'state');
      const vm = await boot({ network: 'user', state, hosts: { 'the.host': '10.0.2.2' } });
      const { port } = server.address() as AddressInfo;
      const exit = await vm.run(['node', '/app/fetch.mjs', String(port)]);
      expect(exit).toEqual({ kind: 'exited', exitCode: 7, lines: [`${process.version} from the host`] });
      expect((await vm.run(['cat', '/etc/hosts'])).lines).toContain('10.0.2.2 the.host');
      await vm.run(['sh', '-c', 'echo kept >/state/file']);
      expect(await vm.powerOff()).toEqual({ kind: 'powered-off' });
      await using again = await boot({ state });
      expect((await again.run(['cat', '/state/file'])).lines).toEqual(['kept']);
      expect((await again.run(['ip', 'route'])).lines).toEqual([]);
    } finally {
      server.close();
    }
  });

  it('that takes too long to boot is given up and gone', async () => {
    let pid = 0;
    const booting = boot({ bootTimeoutMs: 1_000, onConsoleLine: () => (pid ||= qemuOf(process.pid)) });
    await expect(booting).rejects.toMatchObject({ code: 'BOOT_FAILED' });
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it('whose QEMU refuses its arguments says what QEMU said', async () => {
    const booting = boot({ qemuArguments: ['-device', 'no-such-device'] });
    await expect(booting).rejects.toMatchObject({
      code: 'QEMU_FAILED',
      message: expect.stringContaining('no-such-device'),
    });
  });

  it('that goes down under a program says so', async () => {
    await using vm = await boot();
    expect((await vm.run(['poweroff', '-f'])).kind).toBe('powered-off');
    expect(await vm.exit).toEqual({ kind: 'powered-off' });
  });

  it('that panics under a program says so, with the kernel’s words', async () => {
    await using vm = await boot();
    const exit = await vm.run(['sh', '-c', 'echo c >/proc/sysrq-trigger']);
    expect(exit).toMatchObject({ kind: 'panicked', message: expect.stringContaining('sysrq triggered crash') });
  });

  it('is gone when the process that booted it is killed by SIGKILL', async () => {
    const args = ['--conditions=@klpkit/source', '--input-type=module', '-e', bootForever, kernel.release, root.path];
    const parent = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] });
    const [text] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(text);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'latin1')).toContain('qemu-system-x86_64');
    parent.kill('SIGKILL');
    while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 50));
  });
});

/** The QEMU among the children of a process; 0 while there is none. */
function qemuOf(parent: number): number {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'latin1').trim().split(' ').map(Number);
  return children.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('qemu-system')) ?? 0;
}
