import type { Certificate } from './certificate.ts';
import { VerifyError } from './error.ts';

/** What {@link parseTrust} is given. */
export interface TrustInit {
  /** The trusted keys: X.509 certificates, DER or PEM (a PEM text may hold several). At least one. */
  readonly certificates: readonly (Uint8Array | string)[];
  /**
   * What is revoked: certificates as above, or lines of the kernel's blacklist keyring, `tbs:HEX` (digest of a certificate's
   * TBS part) and `bin:HEX` (SHA-256 of a file).
   */
  readonly revoked?: readonly (Uint8Array | string)[];
}

/** Keys that may stand behind a module, and what is revoked. Made by {@link parseTrust}; opaque but for the names. */
export interface Trust {
  /** The trusted certificates. */
  readonly certificates: readonly Certificate[];
}

/** Reads trusted certificates and revocations. */
export function parseTrust(_init: TrustInit): Promise<Trust> {
  return Promise.reject(new VerifyError('INVALID_OPTION', 'not written yet'));
}
