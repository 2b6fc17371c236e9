/**
 * Why a payload was refused. Each check of the kernel has a code of its own, so that a report can say which one failed.
 *
 * | code | what it says |
 * | --- | --- |
 * | `TOO_LARGE` | the file, or what it expands to, is over the limit |
 * | `DIGEST_MISMATCH` | the SHA-256 of the file is not the expected one |
 * | `MALFORMED_COMPRESSION` | the `.gz`, `.xz` or `.zst` stream is broken |
 * | `UNSIGNED` | the marker is not the end of the file (kernel: ENODATA) |
 * | `BAD_LENGTH` | the lengths of the signature block do not fit the file (EBADMSG) |
 * | `UNSUPPORTED_ID_TYPE` | the signature block is not of type PKCS#7 (ENOPKG) |
 * | `NONZERO_FIELDS` | fields of the signature block that must be zero are not (EBADMSG) |
 * | `MALFORMED_SIGNATURE` | the PKCS#7 message is not the DER that it should be (EBADMSG) |
 * | `VERSION_MISMATCH` | SignedData and SignerInfo versions do not go together (EBADMSG, EINVAL) |
 * | `NOT_DETACHED` | the message carries content of its own (EBADMSG) |
 * | `WRONG_CONTENT_TYPE` | the content type is not pkcs7-data (EKEYREJECTED) |
 * | `SIGNED_ATTRIBUTES` | the signer has signed attributes (EKEYREJECTED) |
 * | `NO_SIGNER` | the message has no signer (EINVAL) |
 * | `UNSUPPORTED_ALGORITHM` | an algorithm that the kernel or this runtime does not know (ENOPKG) |
 * | `WEAK_ALGORITHM` | SHA-1, or a key that is too short: the kernel may take it, we do not |
 * | `UNTRUSTED_SIGNER` | no trusted certificate stands behind any signer (ENOKEY) |
 * | `BAD_SIGNATURE` | the key is known and the signature is wrong (EKEYREJECTED) |
 * | `REVOKED` | a signer, its issuer, or the file itself is on the blacklist (EKEYREJECTED) |
 * | `MALFORMED_CERTIFICATE` | a certificate cannot be read |
 * | `MALFORMED_MODULE` | the ELF file or its `.modinfo` cannot be read (ENOEXEC) |
 * | `MALFORMED_KEY` | the signing key cannot be read, or does not belong to the certificate |
 * | `ALREADY_SIGNED` | the file to sign has a signature already |
 * | `INVALID_OPTION` | the caller's options cannot be used: no certificate, a digest that is not one |
 */
export type VerifyErrorCode =
  | 'TOO_LARGE'
  | 'DIGEST_MISMATCH'
  | 'MALFORMED_COMPRESSION'
  | 'UNSIGNED'
  | 'BAD_LENGTH'
  | 'UNSUPPORTED_ID_TYPE'
  | 'NONZERO_FIELDS'
  | 'MALFORMED_SIGNATURE'
  | 'VERSION_MISMATCH'
  | 'NOT_DETACHED'
  | 'WRONG_CONTENT_TYPE'
  | 'SIGNED_ATTRIBUTES'
  | 'NO_SIGNER'
  | 'UNSUPPORTED_ALGORITHM'
  | 'WEAK_ALGORITHM'
  | 'UNTRUSTED_SIGNER'
  | 'BAD_SIGNATURE'
  | 'REVOKED'
  | 'MALFORMED_CERTIFICATE'
  | 'MALFORMED_MODULE'
  | 'MALFORMED_KEY'
  | 'ALREADY_SIGNED'
  | 'INVALID_OPTION';

/**
 * The one error of this package.
 *
 * @example
 * ```ts
 * import { VerifyError } from '@klpkit/payload';
 *
 * const error = new VerifyError('UNSIGNED', 'the file does not end in the signature marker; sign it first');
 * console.assert(error.message === '[UNSIGNED] the file does not end in the signature marker; sign it first');
 * ```
 */
export class VerifyError extends Error {
  /** Which check failed. */
  readonly code: VerifyErrorCode;
  /** Byte offset in the input at which it was seen, where there is one. */
  readonly offset?: number;

  constructor(code: VerifyErrorCode, message: string, options: { offset?: number | undefined; cause?: unknown } = {}) {
    const at = options.offset === undefined ? '' : ` (at byte ${options.offset})`;
    super(`[${code}] ${message}${at}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'VerifyError';
    this.code = code;
    if (options.offset !== undefined) this.offset = options.offset;
  }
}

/**
 * Tells a {@link VerifyError}, of one code if that is given. By shape, so that two copies of the package understand each other.
 *
 * @example
 * ```ts
 * import { isVerifyError, parseTrust } from '@klpkit/payload';
 *
 * try {
 *   await parseTrust({ certificates: [] });
 * } catch (error) {
 *   if (!isVerifyError(error, 'INVALID_OPTION')) throw error;
 * }
 * ```
 */
export function isVerifyError<C extends VerifyErrorCode>(
  error: unknown,
  code?: C,
): error is VerifyError & { readonly code: C } {
  if (!(error instanceof Error) || error.name !== 'VerifyError') return false;
  const seen: unknown = 'code' in error ? error.code : undefined;
  return typeof seen === 'string' && (code === undefined || seen === code);
}
