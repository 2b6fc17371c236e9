import { VerifyError } from './error.ts';

/** Whether an array is all of a plain buffer, so that the buffer can change hands without hurting anybody else's view. */
function isWhole(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && !bytes.buffer.resizable && bytes.byteLength === bytes.buffer.byteLength;
}

/** Bytes that nobody else can change any more: taken over, or copied. */
export function ownBytes(bytes: Uint8Array, ownership: 'copy' | 'take', maxBytes: number): Uint8Array<ArrayBuffer> {
  if (!(bytes instanceof Uint8Array))
    throw new VerifyError('INVALID_OPTION', 'the module is not handed over as a Uint8Array');
  if (bytes.length > maxBytes)
    throw new VerifyError('TOO_LARGE', `the file has ${bytes.length} bytes, the limit is ${maxBytes}`);
  if (ownership === 'take' && isWhole(bytes)) return new Uint8Array(bytes.buffer.transfer());
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}
