import { readUint32 } from './bytes.ts';
import { VerifyError } from './error.ts';

/** The last bytes of a signed module: `MODULE_SIG_STRING` (include/linux/module_signature.h), 28 bytes, no NUL. */
export const signatureMarker = '~Module signature appended~\n';
/** Length of the marker. */
export const markerBytes = 28;
/** Length of `struct module_signature`. */
export const blockBytes = 12;
/** `PKEY_ID_PKCS7`. */
export const idTypePkcs7 = 2;

/** A signed module cut into its parts; views into the input. */
export interface SignedParts {
  /** What is signed. */
  readonly payload: Uint8Array;
  /** The PKCS#7 message. */
  readonly message: Uint8Array;
}

/** Whether the marker is the end of the file: what the kernel takes for "signed". */
export function hasMarker(bytes: Uint8Array): boolean {
  const at = bytes.length - markerBytes;
  if (at <= 0) return false;
  for (let index = 0; index < markerBytes; index++) {
    if (bytes[at + index] !== signatureMarker.charCodeAt(index)) return false;
  }
  return true;
}

/**
 * Cuts a signed module apart, with the checks of `mod_check_sig` in their order (kernel/module/signing.c,
 * kernel/module_signature.c).
 */
export function splitSigned(bytes: Uint8Array): SignedParts {
  if (!hasMarker(bytes))
    throw new VerifyError('UNSIGNED', 'the file does not end in the signature marker: sign it first');
  const rest = bytes.length - markerBytes;
  const block = rest - blockBytes;
  if (block <= 0)
    throw new VerifyError('BAD_LENGTH', 'no room for the signature block before the marker', { offset: 0 });
  const messageBytes = readUint32(bytes, block + 8);
  if (messageBytes >= block) {
    throw new VerifyError('BAD_LENGTH', `a signature of ${messageBytes} bytes leaves no module`, { offset: block + 8 });
  }
  if (bytes[block + 2] !== idTypePkcs7) {
    throw new VerifyError('UNSUPPORTED_ID_TYPE', 'the signature is not of type PKCS#7', { offset: block + 2 });
  }
  // algo, hash, signer_len, key_id_len and the three bytes of padding.
  for (const field of [0, 1, 3, 4, 5, 6, 7]) {
    if (bytes[block + field] === 0) continue;
    throw new VerifyError('NONZERO_FIELDS', 'a field of the signature block is not zero', { offset: block + field });
  }
  const payload = bytes.subarray(0, block - messageBytes);
  return { payload, message: bytes.subarray(payload.length, block) };
}

/** The block and marker that follow a PKCS#7 message. */
export function signatureTrailer(messageBytes: number): Uint8Array<ArrayBuffer> {
  const trailer = new Uint8Array(blockBytes + markerBytes);
  trailer[2] = idTypePkcs7;
  new DataView(trailer.buffer).setUint32(8, messageBytes);
  for (let index = 0; index < markerBytes; index++) trailer[blockBytes + index] = signatureMarker.charCodeAt(index);
  return trailer;
}
