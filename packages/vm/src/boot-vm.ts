import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Accelerator, chooseAccelerators, kvmFailed } from './accelerator.ts';
import { ensureBusybox } from './busybox.ts';
import { bootTools, ensureTools, findProgram } from './host-tools.ts';
import { buildInitramfs } from './initramfs.ts';
import type { BootableKernel } from './kernel.ts';
import { createMachine } from './machine.ts';
import { type BootFiles, qemuArguments } from './qemu-arguments.ts';
import { startQemu } from './qemu-process.ts';
import { makeStateImage } from './root-image.ts';
import type { BootOptions, Vm } from './vm.ts';
import { isVmError, VmError } from './vm-error.ts';

const defaultBootTimeoutMs = 120_000;
/** How long a boot under KVM may take before TCG is taken in its place: far above the two seconds of one that works. */
const kvmTrialMs = 40_000;

/**
 * Boots a kernel and resolves when the guest is ready to run programs. The machine never outlives this process, however
 * that ends.
 *
 * Throws `VmError` with `BOOT_FAILED` (the console's end in `output`), `QEMU_FAILED`, `MODULE_NOT_FOUND`, `IMAGE_FAILED`,
 * `TOOL_MISSING` or `INSTALL_FAILED`.
 *
 * @example
 * ```ts
 * import { bootVm, buildRoot, prepareKernel } from '@klpkit/vm';
 *
 * const kernel = await prepareKernel('newest-6.1-cloud');
 * const root = await buildRoot([{ kind: 'copy', from: 'main.js', to: '/app/main.js' }], { image: '/var/tmp/root.img' });
 * const vm = await bootVm(kernel, { root });
 * try {
 *   const exit = await vm.run(['node', '/app/main.js'], { onLine: (line) => console.log(line) });
 *   console.log(exit.kind);
 * } finally {
 *   await vm.kill();
 * }
 * ```
 */
export async function bootVm(kernel: BootableKernel, options: BootOptions): Promise<Vm> {
  const { signal } = options;
  signal?.throwIfAborted();
  await ensureTools(bootTools, { signal });
  const folder = await mkdtemp(join(tmpdir(), 'klpkit-vm-'));
  try {
    const files = await makeFiles(kernel, options, folder);
    const [first, second] = await chooseAccelerators(options.accelerator ?? 'auto');
    if (second === undefined) return await start(kernel, options, files, first);
    try {
      const bootTimeoutMs = Math.min(options.bootTimeoutMs ?? Infinity, kvmTrialMs);
      return await start(kernel, { ...options, bootTimeoutMs }, files, first);
    } catch (error) {
      if (!isVmError(error, 'BOOT_FAILED') && !isVmError(error, 'QEMU_FAILED')) throw error;
      kvmFailed();
      return await start(kernel, options, files, second);
    }
  } finally {
    // QEMU has its files open by now, so nothing is left on the disk whatever ends this process later.
    await rm(folder, { recursive: true, force: true });
  }
}

async function start(
  kernel: BootableKernel,
  options: BootOptions,
  files: BootFiles,
  accelerator: Accelerator,
): Promise<Vm> {
  options.signal?.throwIfAborted();
  const chosen = { ...options, accelerator };
  const machine = createMachine(kernel, startQemu(await programs(), qemuArguments(kernel, chosen, files)), chosen);
  await untilReady(machine, options);
  return machine.vm;
}

async function makeFiles(kernel: BootableKernel, options: BootOptions, folder: string): Promise<BootFiles> {
  const files = { initramfs: join(folder, 'initramfs'), state: options.state ?? join(folder, 'state') };
  const initramfs = await buildInitramfs(kernel, {
    network: options.network ?? 'none',
    hosts: options.hosts ?? {},
    drivers: options.drivers ?? [],
    busybox: await ensureBusybox(options),
  });
  await writeFile(files.initramfs, initramfs);
  if (
    await access(files.state).then(
      () => false,
      () => true,
    )
  )
    await makeStateImage(files.state, options.signal);
  return files;
}

async function programs(): Promise<{ setpriv: string; qemu: string }> {
  const [setpriv, qemu] = await Promise.all([findProgram('setpriv'), findProgram('qemu-system-x86_64')]);
  if (setpriv === undefined || qemu === undefined)
    throw new VmError(
      'TOOL_MISSING',
      'qemu-system-x86_64 or setpriv vanished; run apt-get install qemu-system-x86 util-linux',
    );
  return { setpriv, qemu };
}

async function untilReady(machine: ReturnType<typeof createMachine>, options: BootOptions): Promise<void> {
  const limitMs = options.bootTimeoutMs ?? defaultBootTimeoutMs;
  const timeout = AbortSignal.timeout(limitMs);
  try {
    await machine.ready(1, timeout);
  } catch (error) {
    const gone = await machine.vm.kill();
    options.signal?.throwIfAborted();
    const output = machine.tail().join('\n');
    if (gone.kind === 'failed')
      throw new VmError('QEMU_FAILED', `QEMU ended: ${gone.message}; check its arguments`, { output, cause: error });
    const what = timeout.aborted
      ? `the guest was not ready after ${limitMs} ms`
      : `the machine ended (${gone.kind}) before it was ready`;
    throw new VmError('BOOT_FAILED', `${what}; see the end of its console in output`, { output, cause: error });
  }
}
