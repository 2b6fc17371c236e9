import { joinBytes } from './bytes.ts';
import { VerifyError } from './error.ts';

/** A decoder that is fed piece by piece and hands out what it has. */
interface PushDecoder {
  push(chunk: Uint8Array, final?: boolean): unknown;
}

/** Compressed bytes handed to a decoder at once: what one step can expand to before the limit is looked at. */
const pushBytes = 16 * 1024;

/** Runs a decoder over bytes and stops it at the first byte over the limit; throws what the decoder throws. */
export function decodeWithin(
  maxBytes: number,
  bytes: Uint8Array,
  makeDecoder: (take: (chunk: Uint8Array) => void) => PushDecoder,
): Uint8Array {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const decoder = makeDecoder((chunk) => {
    length += chunk.length;
    if (length > maxBytes) throw new VerifyError('TOO_LARGE', `the file expands to more than ${maxBytes} bytes`);
    if (chunk.length > 0) chunks.push(chunk.slice());
  });
  for (let at = 0; at < bytes.length; at += pushBytes) {
    decoder.push(bytes.subarray(at, at + pushBytes), at + pushBytes >= bytes.length);
  }
  return joinBytes(chunks);
}
