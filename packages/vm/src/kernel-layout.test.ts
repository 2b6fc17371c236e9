import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importKernel } from './import-kernel.ts';
import { findKernelImage, findModulesFolder, releaseOfImage } from './kernel-layout.ts';

let tree: string;
beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'klpkit-layout-'));
});
afterEach(() => rm(tree, { recursive: true, force: true }));

async function put(...paths: string[]): Promise<void> {
  for (const path of paths) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), '');
  }
}
/** The head of a bzImage whose version string stands at 0x300. */
function head(version: string): Uint8Array {
  const bytes = Buffer.alloc(0x400);
  bytes.writeUInt16LE(0x100, 0x20e);
  bytes.write(version, 0x300, 'latin1');
  return bytes;
}

describe('the release of a boot image', () => {
  it('is the first word of its version string', () => {
    expect(releaseOfImage(head('6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org) #1 SMP'))).toBe(
      '6.1.0-56-cloud-amd64',
    );
  });

  it.each(['', '../../etc ', `6.${'1'.repeat(80)} `, '6.1/x ', 'rm -rf '])('is not %j', (version) => {
    expect(releaseOfImage(head(version))).toBeUndefined();
  });

  it('is unknown where the image ends before it', () => {
    expect(releaseOfImage(new Uint8Array(10))).toBeUndefined();
    expect(releaseOfImage(head('6.1.0 x').subarray(0, 0x300))).toBeUndefined();
  });
});

describe('a kernel in a folder', () => {
  it.each([
    ['boot/vmlinuz-6.1.0', 'lib/modules/6.1.0'],
    ['vmlinuz', 'modules'],
    ['usr/lib/modules/6.1.0/vmlinuz', 'usr/lib/modules/6.1.0'],
    ['arch/x86/boot/bzImage', '.'],
  ])('is found as %s with %s', async (image, modules) => {
    await put(image, `${modules}/kernel/a.ko`);
    expect(await findKernelImage(tree)).toEqual({ path: join(tree, image) });
    expect(await findModulesFolder(tree, '6.1.0')).toBe(join(tree, modules));
  });

  it('is one, whatever links lead to it', async () => {
    await put('boot/vmlinuz-6.1.0');
    await symlink('boot/vmlinuz-6.1.0', join(tree, 'vmlinuz'));
    await symlink('nowhere', join(tree, 'vmlinuz.old'));
    expect(await findKernelImage(tree)).toEqual({ path: join(tree, 'boot/vmlinuz-6.1.0') });
  });

  it('is not guessed among several', async () => {
    await put('boot/vmlinuz-6.1.0', 'boot/vmlinuz-6.1.1');
    expect(await findKernelImage(tree)).toBe('it has several kernels (boot/vmlinuz-6.1.0, boot/vmlinuz-6.1.1)');
  });

  it('that is not there is said, with what would do', async () => {
    const asked = importKernel(tree, { into: tree });
    await expect(asked).rejects.toMatchObject({
      code: 'KERNEL_NOT_FOUND',
      message: expect.stringContaining('no vmlinuz'),
    });
    await expect(importKernel('/nonexistent/kernel', { into: tree })).rejects.toMatchObject({
      code: 'KERNEL_NOT_FOUND',
    });
  });
});
