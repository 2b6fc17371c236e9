import { describe, expect, it } from 'vitest';
import type { PreparedKernel } from './kernel.ts';
import { qemuArguments } from './qemu-arguments.ts';
import type { BootOptions } from './vm.ts';

const kernel: PreparedKernel = {
  release: '6.1.0-56-cloud-amd64',
  arch: 'x86_64',
  image: '/k/vmlinux',
  modulesFolder: '/k/m',
  buildFolder: '/k/b',
  builtinCertificate: new Uint8Array(),
  sign: undefined,
};
const args = (options: Partial<BootOptions> = {}): string =>
  qemuArguments(kernel, { root: { path: '/r,oot' }, ...options }, { initramfs: '/i', state: '/s' }).join(' ');

describe('the command line of QEMU', () => {
  it('has no network, no reboot and no more than one root unless told', () => {
    expect(args()).toContain('-nic none -no-reboot');
    expect(args()).not.toContain('netdev');
    expect(args()).toContain('-append console=ttyS0 panic=1 -drive');
  });

  it('runs all CPUs on one thread, and none with protection keys', () => {
    expect(args()).toContain('-accel tcg,thread=single -cpu max,-pku -smp 2');
  });

  it('does what it is told', () => {
    const line = args({
      network: 'user',
      reboot: 'allow',
      memoryMiB: 300,
      cpus: 1,
      append: 'a=1',
      qemuArguments: ['-x'],
    });
    expect(line).toContain('-netdev user,id=net0 -device virtio-net-pci,netdev=net0');
    expect(line).not.toContain('-no-reboot');
    expect(line).toContain('-smp 1 -m 300');
    expect(line).toContain('panic=1 a=1');
    expect(line).toMatch(/ -x$/);
  });

  it('doubles the comma of a path, which would end it', () => {
    expect(args()).toContain('file=/r,,oot,format=raw');
  });
});
