import type { SignatureCheck } from './platform.ts';

/** ML-DSA without the runtime's help (FIPS 204, pure mode, no context): about a tenth of OpenSSL's speed. */
export async function verifyMlDsaPortably(check: SignatureCheck): Promise<boolean> {
  const { ml_dsa44, ml_dsa65, ml_dsa87 } = await import('@noble/post-quantum/ml-dsa.js');
  const levels = { 44: ml_dsa44, 65: ml_dsa65, 87: ml_dsa87 } as const;
  const { scheme, signature, data, certificate } = check;
  if (scheme.kind !== 'ml-dsa') throw new TypeError('not an ML-DSA signature');
  const level = levels[scheme.level];
  if (signature.length !== level.lengths.signature) return false;
  return level.verify(signature, data, certificate.rawKey);
}
