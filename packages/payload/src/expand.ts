import { expandGzip } from '#platform';
import { joinBytes } from './bytes.ts';
import { decodeWithin } from './decode-within.ts';
import { isVerifyError, VerifyError } from './error.ts';
import { checkZstdFrame } from './zstd-frame.ts';
import { type Compression, compressionOf } from './compression.ts';

async function expandXz(bytes: Uint8Array, maxBytes: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const { default: xz } = await import('xz-decompress');
  const source = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
  const reader = new xz.XzReadableStream(source).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) return joinBytes(chunks);
      length += value.length;
      if (length > maxBytes) throw new VerifyError('TOO_LARGE', `the file expands to more than ${maxBytes} bytes`);
      chunks.push(value.slice());
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The same decoder everywhere: Node has zstd from 22.15 on only, and there takes a stream that is cut short for whole. */
async function expandZstd(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  checkZstdFrame(bytes, maxBytes);
  const { Decompress } = await import('fzstd');
  return decodeWithin(maxBytes, bytes, (take) => new Decompress(take));
}

/** Node's zlib says in this way that `maxOutputLength` was reached. */
const isOverLimit = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';

/** Opens a `.ko.gz`, `.ko.xz` or `.ko.zst`; what is not compressed is given back as it is. */
export async function expand(
  bytes: Uint8Array,
  options: { maxBytes: number; signal: AbortSignal | undefined },
): Promise<{ bytes: Uint8Array; compression: Compression }> {
  const { maxBytes, signal } = options;
  const compression = compressionOf(bytes);
  if (compression === 'none') return { bytes, compression };
  try {
    if (compression === 'gzip') return { bytes: await expandGzip(bytes, maxBytes), compression };
    if (compression === 'zstd') return { bytes: await expandZstd(bytes, maxBytes), compression };
    return { bytes: await expandXz(bytes, maxBytes, signal), compression };
  } catch (cause) {
    signal?.throwIfAborted();
    if (isVerifyError(cause)) throw cause;
    if (isOverLimit(cause)) {
      throw new VerifyError('TOO_LARGE', `the file expands to more than ${maxBytes} bytes`, { cause });
    }
    throw new VerifyError('MALFORMED_COMPRESSION', `the ${compression} stream is broken`, { cause });
  }
}
