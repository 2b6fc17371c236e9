/**
 * Makes what the kernel's `sign-file` makes.
 *
 * @packageDocumentation
 */
import { VerifyError } from './error.ts';

/** Digest of a signature. */
export type SignHash = 'sha256' | 'sha384' | 'sha512' | 'sha3-256' | 'sha3-384' | 'sha3-512';

/** Signs bytes with a key that stays where it is (an HSM, a KMS). */
export interface RemoteKey {
  /**
   * Signs `data` (not its digest) and gives the signature as it goes into the message: RSA PKCS#1 v1.5, ECDSA as DER, ML-DSA raw.
   * `hash` is absent for ML-DSA.
   */
  sign(data: Uint8Array, hash: SignHash | undefined): Promise<Uint8Array>;
}

/** What {@link signModule} is told. */
export interface SignModuleOptions {
  /** Private key as PEM, or a callback to where it is kept. */
  readonly key: string | RemoteKey;
  /** The key's certificate, PEM or DER. */
  readonly certificate: string | Uint8Array;
  /** Digest. Default `sha512`, as the kernel since 6.11. Without meaning for ML-DSA. */
  readonly hash?: SignHash;
  /** How the signer is named: as `sign-file` does it (`issuer-serial`, the default) or as with its `-k` (`key-id`). */
  readonly identifier?: 'issuer-serial' | 'key-id';
}

/** Signs a module. */
export function signModule(_bytes: Uint8Array, _options: SignModuleOptions): Promise<Uint8Array<ArrayBuffer>> {
  return Promise.reject(new VerifyError('INVALID_OPTION', 'not written yet'));
}

/** Takes the signature off a module; throws `UNSIGNED` where there is none. */
export function stripSignature(_bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  throw new VerifyError('INVALID_OPTION', 'not written yet');
}
