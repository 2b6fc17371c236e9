import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compressedKernel, unpackKernel } from './boot-image.ts';

const elf = Buffer.from('\x7fELF and the rest of a kernel', 'latin1');

/** A bzImage with one setup sector and the payload right behind it. */
function bzImage(payload: Uint8Array, change: (image: Buffer) => void = () => {}): Buffer {
  const image = Buffer.concat([Buffer.alloc(1024), payload, Buffer.from([elf.length, 0, 0, 0])]);
  image[0x1f1] = 1;
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt32LE(0, 0x248);
  image.writeUInt32LE(payload.length + 4, 0x24c);
  change(image);
  return image;
}

describe('a boot image', () => {
  it('gives its payload without the size at the end', () => {
    expect(Buffer.from(compressedKernel(bzImage(elf)))).toEqual(elf);
  });

  it('is unpacked from gzip', async () => {
    expect(Buffer.from(await unpackKernel(bzImage(gzipSync(elf))))).toEqual(elf);
  });

  it.each([
    ['empty', Buffer.alloc(0)],
    ['shorter than its header', Buffer.alloc(0x24f)],
    ['without HdrS', bzImage(elf, (image) => image.fill(0, 0x202, 0x206))],
    ['whose payload starts behind its end', bzImage(elf, (image) => image.writeUInt32LE(0xffff_ffff, 0x248))],
    ['whose payload ends behind its end', bzImage(elf, (image) => image.writeUInt32LE(0x7fff_ffff, 0x24c))],
    ['whose payload has no room for the size', bzImage(elf, (image) => image.writeUInt32LE(7, 0x24c))],
    ['cut in the payload', bzImage(elf).subarray(0, 1030)],
    ['compressed in an unknown form', bzImage(deflateSync(elf))],
    ['that unpacks to no ELF file', bzImage(gzipSync(Buffer.from('no kernel')))],
  ])('%s is refused', async (_, image) => {
    await expect(unpackKernel(image)).rejects.toMatchObject({ name: 'VmError', code: 'UNSUPPORTED_IMAGE' });
  });

  it('that unpacks to more than any kernel is refused, not unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(300 * 1024 * 1024));
    await expect(unpackKernel(bzImage(bomb))).rejects.toMatchObject({ code: 'UNSUPPORTED_IMAGE' });
    expect(zstdCompressSync(elf).subarray(0, 4).toString('hex')).toBe('28b52ffd');
  });
});
