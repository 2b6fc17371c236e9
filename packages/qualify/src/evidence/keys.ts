import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { QualifyError } from '../error.ts';

/** A key as it is used here: what signs, or what verifies. */
export interface EvidenceKey {
  readonly key: KeyObject;
  /** Hash that is signed: SHA-256 for ECDSA; Ed25519 has its own. */
  readonly hash: 'sha256' | undefined;
  /** SHA-256 of the public key's SubjectPublicKeyInfo, lower-case hex. */
  readonly id: string;
}

function unsupported(message: string, cause?: unknown): QualifyError {
  return new QualifyError('UNSUPPORTED_KEY', `${message}: give an ECDSA P-256 or an Ed25519 key as PEM.`, { cause });
}

function describe(key: KeyObject, publicKey: KeyObject): EvidenceKey {
  const isP256 = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (!isP256 && key.asymmetricKeyType !== 'ed25519')
    throw unsupported(`A ${key.asymmetricKeyType ?? 'secret'} key is not taken`);
  const id = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return { key, hash: isP256 ? 'sha256' : undefined, id };
}

function read(make: () => KeyObject): KeyObject {
  try {
    return make();
  } catch {
    // The cause is left out: it can quote what it was given.
    throw unsupported('This is no key that can be read');
  }
}

/** Reads a private key. */
export function signingKey(pem: string): EvidenceKey {
  const key = read(() => createPrivateKey(pem));
  return describe(key, createPublicKey(key));
}

/** Reads a public key, or the one of a certificate. A private key is refused: it has no place where things are only verified. */
export function verifyingKey(pem: string): EvidenceKey {
  if (pem.includes('PRIVATE KEY')) throw unsupported('This is a private key where a public one is asked for');
  const key = read(() => createPublicKey(pem));
  return describe(key, key);
}
