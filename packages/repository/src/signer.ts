import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { canonicalize } from '@tufjs/canonical-json';
import { RepositoryError } from './error.ts';

/** The public half of a repository key, as TUF writes it (specification, section 4.2). */
export interface RepositoryKey {
  /** SHA-256 of the key's canonical JSON, lower-case hex. */
  readonly keyId: string;
  /** Raw Ed25519 public key, 32 bytes in lower-case hex. */
  readonly publicHex: string;
}

/** A key that can sign. `sign` may be a call to an HSM or a KMS: the private half need not be in this process. */
export interface RepositorySigner extends RepositoryKey {
  /** Signs these bytes with Ed25519 (RFC 8032, PureEdDSA); 64 bytes. */
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>;
}

/** A key's TUF form. */
export function toTufKey(publicHex: string) {
  return { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: publicHex } };
}

/**
 * The public key with these 32 bytes.
 *
 * @throws RepositoryError `BAD_KEY` when it is not 64 lower-case hex digits
 * @example
 * ```ts
 * import { repositoryKey } from '@klpkit/repository';
 *
 * const { keyId } = repositoryKey('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
 * ```
 */
export function repositoryKey(publicHex: string): RepositoryKey {
  if (!/^[0-9a-f]{64}$/.test(publicHex)) {
    throw new RepositoryError(
      'BAD_KEY',
      'A repository key is a raw Ed25519 public key, 64 lower-case hex digits: export it again.',
    );
  }
  return {
    keyId: createHash('sha256')
      .update(canonicalize(toTufKey(publicHex)))
      .digest('hex'),
    publicHex,
  };
}

/**
 * A signer whose private half is elsewhere.
 *
 * @throws RepositoryError `BAD_KEY`
 * @example
 * ```ts
 * import { externalSigner } from '@klpkit/repository';
 *
 * declare function askTheHsm(bytes: Uint8Array): Promise<Uint8Array>;
 * const publicHex = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
 * const signer = externalSigner(publicHex, (bytes) => askTheHsm(bytes));
 * ```
 */
export function externalSigner(publicHex: string, signBytes: RepositorySigner['sign']): RepositorySigner {
  return { ...repositoryKey(publicHex), sign: signBytes };
}

/**
 * A signer from a private key in PEM (PKCS#8, unencrypted).
 *
 * @throws RepositoryError `BAD_KEY` when it is not an Ed25519 private key
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { signerFromPem } from '@klpkit/repository';
 *
 * const signer = signerFromPem(await readFile('keys/timestamp.pem', 'utf8'));
 * ```
 */
export function signerFromPem(pem: string): RepositorySigner {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new RepositoryError(
      'BAD_KEY',
      'This is not a private key in PEM: make one with "repo init" or openssl genpkey -algorithm ed25519.',
      { cause },
    );
  }
  return signerOf(key);
}

/**
 * Makes a fresh key: the signer, and its private half as PEM to be kept.
 *
 * @example
 * ```ts
 * import { generateSigner } from '@klpkit/repository';
 *
 * const { signer, pem } = generateSigner();
 * ```
 */
export function generateSigner(): { readonly signer: RepositorySigner; readonly pem: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { signer: signerOf(privateKey), pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

function signerOf(key: KeyObject): RepositorySigner {
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new RepositoryError(
      'BAD_KEY',
      `This is a key of type ${key.asymmetricKeyType ?? 'unknown'}: repository keys are Ed25519.`,
    );
  }
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  const publicHex = Buffer.from(x ?? '', 'base64url').toString('hex');
  return { ...repositoryKey(publicHex), sign: (bytes) => Promise.resolve(sign(null, bytes, key)) };
}
