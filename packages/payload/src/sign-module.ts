import { signBytes, verifySignature } from '#platform';
import { ecdsaByOid, hashByOid, mlDsaByOid, rsaEncryptionOid, type SignatureScheme } from './algorithm.ts';
import { joinBytes } from './bytes.ts';
import type { PublicKeyKind } from './certificate.ts';
import { encodeSignedData } from './encode-signed-data.ts';
import { VerifyError } from './error.ts';
import { compressionOf } from './compression.ts';
import { parsePem } from './pem.ts';
import { hasMarker, signatureTrailer } from './signature-block.ts';
import { parseCertificate, type ParsedCertificate } from './x509.ts';

/** Digest of a signature: what a kernel can be built to sign with (kernel/module/Kconfig, MODULE_SIG_HASH), SHA-1 left out. */
export type SignHash = 'sha256' | 'sha384' | 'sha512' | 'sha3-256' | 'sha3-384' | 'sha3-512';

/** A key that stays where it is: in an HSM, a KMS, another process. */
export interface RemoteKey {
  /**
   * Signs `data` (not its digest) and gives the signature as it goes into the message: RSA PKCS#1 v1.5, ECDSA as DER, ML-DSA raw.
   * `hash` is `undefined` for ML-DSA.
   */
  sign(data: Uint8Array, hash: SignHash | undefined): Promise<Uint8Array>;
}

/** What {@link signModule} is told. */
export interface SignModuleOptions {
  /** Private key as PEM (PKCS#8; on Node also PKCS#1, SEC 1 and encrypted ones), or where it is kept. */
  readonly key: string | RemoteKey;
  /** Pass phrase of an encrypted PEM key. */
  readonly passphrase?: string;
  /** The key's certificate, PEM or DER. */
  readonly certificate: string | Uint8Array;
  /** Digest. Default `sha512`, as the kernel's since 6.11. An ML-DSA key takes no other. */
  readonly hash?: SignHash;
  /** How the signer is named: as `sign-file` does it (`issuer-serial`, the default) or as with its `-k` (`key-id`). */
  readonly identifier?: 'issuer-serial' | 'key-id';
}

const oidOf = <T>(table: ReadonlyMap<string, T>, value: T): string => {
  for (const [oid, entry] of table) if (entry === value) return oid;
  throw new VerifyError('UNSUPPORTED_ALGORITHM', `no identifier for ${String(value)}`);
};

function schemeFor(key: PublicKeyKind, hash: SignHash): SignatureScheme {
  if (key.kind !== 'ml-dsa') return { kind: key.kind, hash };
  if (hash === 'sha512') return { kind: 'ml-dsa', level: key.level };
  throw new VerifyError('UNSUPPORTED_ALGORITHM', `an ML-DSA key signs with sha512, not with ${hash}`);
}

function signatureOid(scheme: SignatureScheme): string {
  if (scheme.kind === 'rsa') return rsaEncryptionOid;
  return scheme.kind === 'ecdsa' ? oidOf(ecdsaByOid, scheme.hash) : oidOf(mlDsaByOid, scheme.level);
}

async function readCertificate(input: string | Uint8Array): Promise<ParsedCertificate> {
  if (typeof input !== 'string' && input[0] === 0x30) return await parseCertificate(input);
  const text = typeof input === 'string' ? input : new TextDecoder().decode(input);
  const block = parsePem(text, 'MALFORMED_CERTIFICATE').find((one) => one.label === 'CERTIFICATE');
  if (block === undefined)
    throw new VerifyError('MALFORMED_CERTIFICATE', 'neither DER nor a PEM text with a certificate');
  return await parseCertificate(block.der);
}

async function makeSignature(
  data: Uint8Array,
  options: SignModuleOptions,
  scheme: SignatureScheme,
  certificate: ParsedCertificate,
): Promise<Uint8Array> {
  const { key, passphrase } = options;
  const hash = scheme.kind === 'ml-dsa' ? undefined : (scheme.hash as SignHash);
  const signature =
    typeof key === 'string'
      ? await signBytes({ pem: key, passphrase, scheme, key: certificate.key, data })
      : await key.sign(data, hash);
  // A key that is not the certificate's makes a module that no kernel takes: better told here than on ten thousand machines.
  if (await verifySignature({ scheme, certificate, data, signature })) return signature;
  throw new VerifyError('MALFORMED_KEY', 'the key is not that of the certificate, or signed in another way');
}

/**
 * Signs a module as `scripts/sign-file` does: one CMS signer without certificates and attributes, detached, then the block and
 * the marker. The signature is checked against the certificate before it is given out.
 *
 * @throws VerifyError `ALREADY_SIGNED` for a signed module (see `stripSignature`), `MALFORMED_KEY` for a key that cannot be read or
 * is not the certificate's, and what reading the certificate throws
 *
 * @example
 * ```ts
 * import { signModule } from '@klpkit/payload/sign';
 *
 * export async function sign(module: Uint8Array, key: string, certificate: string): Promise<Uint8Array> {
 *   return await signModule(module, { key, certificate, hash: 'sha512' });
 * }
 * ```
 */
export async function signModule(bytes: Uint8Array, options: SignModuleOptions): Promise<Uint8Array<ArrayBuffer>> {
  if (bytes.length === 0) throw new VerifyError('INVALID_OPTION', 'an empty file cannot be signed');
  if (hasMarker(bytes)) throw new VerifyError('ALREADY_SIGNED', 'the module has a signature: strip it first');
  if (compressionOf(bytes) !== 'none') {
    throw new VerifyError('INVALID_OPTION', 'the module is compressed: sign first, compress afterwards');
  }
  const { hash = 'sha512', identifier = 'issuer-serial' } = options;
  const certificate = await readCertificate(options.certificate);
  const scheme = schemeFor(certificate.key, hash);
  if (identifier === 'key-id' && certificate.ski === undefined) {
    throw new VerifyError(
      'INVALID_OPTION',
      'the certificate has no subject key identifier: name the signer by issuer and serial',
    );
  }
  const message = encodeSignedData({
    certificate,
    identifier,
    digestOid: oidOf(hashByOid, hash),
    signatureOid: signatureOid(scheme),
    nullParameters: scheme.kind === 'rsa',
    signature: await makeSignature(bytes, options, scheme, certificate),
  });
  return joinBytes([bytes, message, signatureTrailer(message.length)]);
}
