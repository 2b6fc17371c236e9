import { sameBytes, toHex } from './bytes.ts';
import { digest } from '#platform';
import type { SignerId } from './cms.ts';
import { isVerifyError } from './error.ts';
import type { ParsedCertificate } from './x509.ts';

/** What a `Trust` stands for inside the package. */
export interface TrustStore {
  readonly trusted: readonly ParsedCertificate[];
  readonly revoked: readonly ParsedCertificate[];
  /** Digests of revoked certificates' TBS parts (`tbs:`) and of revoked files (`bin:`), lower-case hex. */
  readonly tbsHashes: ReadonlySet<string>;
  readonly binHashes: ReadonlySet<string>;
}

/** Whether a signer's identifier means this certificate: bytes against bytes, as the kernel does (asymmetric_key_id_same). */
export function isNamedBy(certificate: ParsedCertificate, id: SignerId): boolean {
  if (id.kind === 'key-id') return certificate.ski !== undefined && sameBytes(certificate.ski, id.ski);
  return sameBytes(certificate.serial, id.serial) && sameBytes(certificate.issuer, id.issuer);
}

/** Whether a certificate's authority key identifier means this one (pkcs7_verify_sig_chain): all that it says must be so. */
export function isAuthorityOf(issuer: ParsedCertificate, certificate: ParsedCertificate): boolean {
  const { authorityKeyId, authorityIssuer, authoritySerial } = certificate;
  // Without an authority key identifier the kernel builds no chain, whatever the names say.
  if (authorityKeyId === undefined && authorityIssuer === undefined) return false;
  if (authorityKeyId !== undefined && (issuer.ski === undefined || !sameBytes(issuer.ski, authorityKeyId)))
    return false;
  if (authorityIssuer !== undefined && authoritySerial !== undefined) {
    if (!sameBytes(issuer.issuer, authorityIssuer) || !sameBytes(issuer.serial, authoritySerial)) return false;
  }
  return sameBytes(issuer.subject, certificate.issuer);
}

/** Whether two certificates are known to a keyring as the same: issuer, serial and key id (find_asymmetric_key). */
export function isSameId(a: ParsedCertificate, b: ParsedCertificate): boolean {
  if (!sameBytes(a.serial, b.serial) || !sameBytes(a.issuer, b.issuer)) return false;
  return a.ski === undefined ? b.ski === undefined : b.ski !== undefined && sameBytes(a.ski, b.ski);
}

/**
 * Whether a certificate is revoked: by its id, by its key (a revoked key stays revoked under a new certificate), or by the digest
 * of its TBS part, made with the digest of its own signature as the kernel does.
 */
export async function isRevoked(certificate: ParsedCertificate, store: TrustStore): Promise<boolean> {
  if (store.revoked.some((one) => isSameId(one, certificate) || sameBytes(one.spki, certificate.spki))) return true;
  if (store.tbsHashes.size === 0) return false;
  const { scheme } = certificate;
  const hash = scheme === undefined || scheme.kind === 'ml-dsa' ? 'sha256' : scheme.hash;
  try {
    return store.tbsHashes.has(toHex(await digest(hash, certificate.tbs)));
  } catch (error) {
    // A runtime without this digest cannot tell, so it must not say "not revoked".
    if (isVerifyError(error, 'UNSUPPORTED_ALGORITHM')) return true;
    throw error;
  }
}
