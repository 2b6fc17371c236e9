import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { runCommand } from './command.ts';
import { VmError } from './vm-error.ts';

/** Offsets of the x86 boot header (Documentation/arch/x86/boot.rst of the kernel). */
const header = { setupSectors: 0x1f1, magic: 0x202, payloadOffset: 0x248, payloadLength: 0x24c, end: 0x250 } as const;
/** What a kernel unpacks to at most; Debian's take 40 to 70 MiB. */
const maxKernelBytes = 256 * 1024 * 1024;

type Decompress = (bytes: Uint8Array, signal: AbortSignal | undefined) => Promise<Uint8Array>;
const by =
  (program: string, ...args: string[]): Decompress =>
  (bytes, signal) =>
    runCommand(program, args, {
      input: bytes,
      code: 'UNSUPPORTED_IMAGE',
      nextStep: 'the kernel image is damaged: remove it from the cache and try again',
      signal,
    });

const gunzipKernel: Decompress = (bytes) =>
  promisify(gunzip)(bytes, { maxOutputLength: maxKernelBytes }).catch((cause: unknown) => {
    throw new VmError(
      'UNSUPPORTED_IMAGE',
      `the gzip payload is damaged or above ${maxKernelBytes} bytes; get the image again`,
      { cause },
    );
  });

/** The formats of the kernel's own choice (CONFIG_KERNEL_*) that Debian uses or used. */
const formats: readonly { readonly magic: readonly number[]; readonly decompress: Decompress }[] = [
  { magic: [0x02, 0x21, 0x4c, 0x18], decompress: by('lz4', '-dc') },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], decompress: by('zstd', '-dcq') },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], decompress: by('xz', '-dc', '--single-stream') },
  { magic: [0x1f, 0x8b], decompress: gunzipKernel },
];
const startsWith = (bytes: Uint8Array, magic: readonly number[]): boolean =>
  magic.every((byte, at) => bytes[at] === byte);

/** The compressed kernel inside a bzImage, without the 4 bytes of its uncompressed size at the end. */
export function compressedKernel(bzImage: Uint8Array): Uint8Array {
  const view = new DataView(bzImage.buffer, bzImage.byteOffset, bzImage.byteLength);
  if (bzImage.length < header.end || view.getUint32(header.magic, false) !== 0x48647253 /* HdrS */) {
    throw new VmError(
      'UNSUPPORTED_IMAGE',
      'no x86 boot header at offset 0x202; give a bzImage (vmlinuz) of an x86_64 kernel',
    );
  }
  const start = ((bzImage[header.setupSectors] ?? 0) + 1) * 512 + view.getUint32(header.payloadOffset, true);
  const length = view.getUint32(header.payloadLength, true);
  if (length < 8 || start + length > bzImage.length) {
    throw new VmError(
      'UNSUPPORTED_IMAGE',
      `the payload at ${start} (${length} bytes) leaves the image of ${bzImage.length} bytes; the file is truncated, get it again`,
    );
  }
  return bzImage.subarray(start, start + length - 4);
}

/** The ELF kernel inside a bzImage. */
export async function unpackKernel(bzImage: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
  const payload = compressedKernel(bzImage);
  const format = formats.find((candidate) => startsWith(payload, candidate.magic));
  if (format === undefined) {
    const magic = Buffer.from(payload.subarray(0, 4)).toString('hex');
    throw new VmError(
      'UNSUPPORTED_IMAGE',
      `the kernel is compressed in a form that is not known here (it starts with ${magic}); lz4, zstd, xz and gzip are`,
    );
  }
  const kernel = await format.decompress(payload, signal);
  if (!startsWith(kernel, [0x7f, 0x45, 0x4c, 0x46]))
    throw new VmError('UNSUPPORTED_IMAGE', 'what the image unpacks to is no ELF file; get the image again');
  return kernel;
}
