import { contentsOf, type Der, fieldsOf, oidOf, tag } from './der.ts';
import type { VerifyErrorCode } from './error.ts';

/** Digests by the kernel's names (crypto/hash_info.c). */
export type HashName = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512' | 'sha3-256' | 'sha3-384' | 'sha3-512';

/** How a signature is made. */
export type SignatureScheme =
  | { /** EMSA-PKCS1-v1_5. */ readonly kind: 'rsa'; readonly hash: HashName }
  | { /** DER-encoded r and s. */ readonly kind: 'ecdsa'; readonly hash: HashName }
  | { /** Signs the data itself. */ readonly kind: 'ml-dsa'; readonly level: 44 | 65 | 87 };

/** An AlgorithmIdentifier as it stands. */
export interface AlgorithmId {
  readonly oid: string;
  /** Whether parameters are there that are not NULL. */
  readonly parameters: Der | undefined;
}

/** Digest OIDs: OIW, NIST hash functions. */
export const hashByOid: ReadonlyMap<string, HashName> = new Map<string, HashName>([
  ['1.3.14.3.2.26', 'sha1'],
  ['2.16.840.1.101.3.4.2.4', 'sha224'],
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
  ['2.16.840.1.101.3.4.2.8', 'sha3-256'],
  ['2.16.840.1.101.3.4.2.9', 'sha3-384'],
  ['2.16.840.1.101.3.4.2.10', 'sha3-512'],
]);

/** rsaEncryption: the only OID of an RSA signature that the kernel takes in a SignerInfo. */
export const rsaEncryptionOid = '1.2.840.113549.1.1.1';

/** ECDSA OIDs (RFC 5758, NIST for SHA-3). */
export const ecdsaByOid: ReadonlyMap<string, HashName> = new Map<string, HashName>([
  ['1.2.840.10045.4.1', 'sha1'],
  ['1.2.840.10045.4.3.1', 'sha224'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['2.16.840.1.101.3.4.3.10', 'sha3-256'],
  ['2.16.840.1.101.3.4.3.11', 'sha3-384'],
  ['2.16.840.1.101.3.4.3.12', 'sha3-512'],
]);

/** ML-DSA OIDs (FIPS 204, RFC 9881). */
export const mlDsaByOid: ReadonlyMap<string, 44 | 65 | 87> = new Map<string, 44 | 65 | 87>([
  ['2.16.840.1.101.3.4.3.17', 44],
  ['2.16.840.1.101.3.4.3.18', 65],
  ['2.16.840.1.101.3.4.3.19', 87],
]);

/** OIDs of certificate signatures with RSA (RFC 8017, NIST for SHA-3). */
const rsaByOid: ReadonlyMap<string, HashName> = new Map<string, HashName>([
  ['1.2.840.113549.1.1.5', 'sha1'],
  ['1.2.840.113549.1.1.14', 'sha224'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['2.16.840.1.101.3.4.3.14', 'sha3-256'],
  ['2.16.840.1.101.3.4.3.15', 'sha3-384'],
  ['2.16.840.1.101.3.4.3.16', 'sha3-512'],
]);

/** How a certificate is signed, by the OID in it; `undefined` where we do not know. */
export function certificateScheme(oid: string): SignatureScheme | undefined {
  const rsa = rsaByOid.get(oid);
  if (rsa !== undefined) return { kind: 'rsa', hash: rsa };
  const ecdsa = ecdsaByOid.get(oid);
  if (ecdsa !== undefined) return { kind: 'ecdsa', hash: ecdsa };
  const level = mlDsaByOid.get(oid);
  return level === undefined ? undefined : { kind: 'ml-dsa', level };
}

/** Reads an AlgorithmIdentifier; NULL parameters count as none. */
export function readAlgorithm(node: Der, what: string, code: VerifyErrorCode): AlgorithmId {
  const fields = fieldsOf(node, what, code);
  const oid = oidOf(fields.take(tag.oid, 'algorithm'));
  if (fields.maybe(tag.null) !== undefined) {
    fields.end();
    return { oid, parameters: undefined };
  }
  const [parameters, ...more] = fields.rest();
  if (more.length > 0) fields.end();
  return { oid, parameters };
}

/** Number of bytes of an integer's contents without the sign byte. */
export function magnitudeOf(node: Der): Uint8Array {
  const contents = contentsOf(node);
  return contents[0] === 0 ? contents.subarray(1) : contents;
}
