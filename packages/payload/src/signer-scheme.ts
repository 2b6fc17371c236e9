import {
  type AlgorithmId,
  ecdsaByOid,
  hashByOid,
  mlDsaByOid,
  rsaEncryptionOid,
  type SignatureScheme,
} from './algorithm.ts';
import type { PublicKeyKind } from './certificate.ts';
import type { SignerInfo } from './cms.ts';
import { VerifyError } from './error.ts';

function checkParameters(algorithm: AlgorithmId): void {
  // The kernel takes any parameters and looks at none.
  if (algorithm.parameters === undefined) return;
  throw new VerifyError('UNSUPPORTED_ALGORITHM', `algorithm ${algorithm.oid} has parameters that are not taken`);
}

/** How a signer signs. Refuses what the kernel does not know, and SHA-1, which it does. */
export function schemeOf(signer: SignerInfo): SignatureScheme {
  const { digest, algorithm } = signer;
  checkParameters(digest);
  checkParameters(algorithm);
  const hash = hashByOid.get(digest.oid);
  if (hash === undefined)
    throw new VerifyError('UNSUPPORTED_ALGORITHM', `digest algorithm ${digest.oid} is not supported`);
  if (hash === 'sha1')
    throw new VerifyError('WEAK_ALGORITHM', 'the signature is over SHA-1: sign with sha256 or longer');
  if (algorithm.oid === rsaEncryptionOid) return { kind: 'rsa', hash };
  const ecdsaHash = ecdsaByOid.get(algorithm.oid);
  if (ecdsaHash !== undefined) {
    if (ecdsaHash === hash) return { kind: 'ecdsa', hash };
    throw new VerifyError('UNSUPPORTED_ALGORITHM', `an ECDSA signature over ${ecdsaHash} with a digest of ${hash}`);
  }
  const level = mlDsaByOid.get(algorithm.oid);
  if (level === undefined)
    throw new VerifyError('UNSUPPORTED_ALGORITHM', `signature algorithm ${algorithm.oid} is not supported`);
  // RFC 9882, section 3.3: the digest is not used without attributes, and is SHA-512 with them in the kernel.
  if (hash !== 'sha512') throw new VerifyError('UNSUPPORTED_ALGORITHM', `ML-DSA goes with sha512, not with ${hash}`);
  return { kind: 'ml-dsa', level };
}

/** Whether a key can make such a signature at all. */
export function fitsKey(scheme: SignatureScheme, key: PublicKeyKind): boolean {
  return scheme.kind === 'ml-dsa' ? key.kind === 'ml-dsa' && key.level === scheme.level : scheme.kind === key.kind;
}

/** Name of a scheme with its key, for people and reports: `rsa-4096/sha512`, `ecdsa-p384/sha384`, `ml-dsa-65`. */
export function schemeName(scheme: SignatureScheme, key: PublicKeyKind): string {
  if (key.kind === 'ml-dsa' || scheme.kind === 'ml-dsa')
    return key.kind === 'ml-dsa' ? `ml-dsa-${key.level}` : 'ml-dsa';
  const name = key.kind === 'rsa' ? `rsa-${key.bits}` : `ecdsa-${key.curve.toLowerCase().replace('-', '')}`;
  return `${name}/${scheme.hash}`;
}
