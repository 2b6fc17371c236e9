import { VerifyError } from './error.ts';

/**
 * Largest window that is taken. The decoder sets it aside at once, whatever comes; `zstd -19` uses 8 MiB, and with a known length as
 * in a file never more than that.
 */
const maxWindowBytes = 32 * 1024 * 1024;
const dictionaryIdBytes = [0, 1, 2, 4] as const;
const blockHeaderBytes = 3;
const maxBlockBytes = 128 * 1024;

const broken = (message: string, offset: number): VerifyError =>
  new VerifyError('MALFORMED_COMPRESSION', `the zstd stream ${message}`, { offset });

/** A little-endian number of up to eight bytes. */
function readNumber(bytes: Uint8Array, at: number, length: number): number {
  let value = 0;
  for (let index = length - 1; index >= 0; index--) value = value * 256 + (bytes[at + index] ?? 0);
  return value;
}

/** Content length, where the header states it (RFC 8878, section 3.1.1.1). */
function contentBytes(
  bytes: Uint8Array,
  at: number,
  flag: number,
  singleSegment: boolean,
): { length: number; value?: number } {
  const length = flag === 0 ? Number(singleSegment) : 2 ** flag;
  if (length === 0) return { length };
  return { length, value: readNumber(bytes, at, length) + (length === 2 ? 256 : 0) };
}

/** `2^(10 + exponent)` and eighths of it (RFC 8878, section 3.1.1.1.2). */
function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Where the blocks begin; refuses a header that asks for more memory than it may have. */
function checkHeader(bytes: Uint8Array, maxBytes: number): { blocks: number; checksum: boolean } {
  const descriptor = bytes[4] ?? 0;
  const singleSegment = (descriptor & 0x20) !== 0;
  if ((descriptor & 0x18) !== 0) throw broken('has reserved bits set', 4);
  const dictionary = dictionaryIdBytes[(descriptor & 3) as 0 | 1 | 2 | 3];
  if (dictionary !== 0) throw broken('needs a dictionary', 4);
  const at = singleSegment ? 5 : 6;
  const content = contentBytes(bytes, at, descriptor >> 6, singleSegment);
  const window = singleSegment ? (content.value ?? 0) : windowBytes(bytes[5] ?? 0);
  if ((content.value ?? 0) > maxBytes) {
    throw new VerifyError('TOO_LARGE', `the file expands to more than ${maxBytes} bytes`);
  }
  if (!singleSegment && window > maxWindowBytes) {
    throw new VerifyError(
      'TOO_LARGE',
      `the zstd stream needs a window of ${window} bytes: compress it without --ultra or --long`,
    );
  }
  return { blocks: at + content.length, checksum: (descriptor & 4) !== 0 };
}

/**
 * Walks a `.zst` file before the decoder sees it: one frame, complete, and nothing behind it. The decoder would take a stream of
 * many frames, each with a window of up to 2 GiB that it sets aside.
 */
export function checkZstdFrame(bytes: Uint8Array, maxBytes: number): void {
  const { blocks, checksum } = checkHeader(bytes, maxBytes);
  let at = blocks;
  for (let last = false; !last; ) {
    if (at + blockHeaderBytes > bytes.length) throw broken('is cut short', bytes.length);
    const header = readNumber(bytes, at, blockHeaderBytes);
    last = (header & 1) !== 0;
    const type = (header >> 1) & 3;
    const size = header >> 3;
    if (type === 3) throw broken('has a block of a reserved type', at);
    if (size > maxBlockBytes) throw broken('has a block that is too large', at);
    // Type 1 repeats one byte.
    at += blockHeaderBytes + (type === 1 ? 1 : size);
  }
  if (checksum) at += 4;
  if (at > bytes.length) throw broken('is cut short', bytes.length);
  if (at < bytes.length) throw broken('goes on behind its first frame', at);
}
