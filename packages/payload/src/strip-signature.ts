import { splitSigned } from './signature-block.ts';

/**
 * Takes the signature off a module and gives a copy of what was signed. The signature is not checked, only its block is.
 *
 * @throws VerifyError `UNSIGNED` where there is none, `BAD_LENGTH`, `UNSUPPORTED_ID_TYPE` or `NONZERO_FIELDS` for a broken block
 *
 * @example
 * ```ts
 * import { stripSignature } from '@klpkit/payload/sign';
 *
 * export function unsigned(signed: Uint8Array): Uint8Array {
 *   return stripSignature(signed);
 * }
 * ```
 */
export function stripSignature(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(splitSigned(bytes).payload);
}
