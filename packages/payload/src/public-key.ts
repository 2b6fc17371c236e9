import { magnitudeOf, mlDsaByOid, readAlgorithm, rsaEncryptionOid } from './algorithm.ts';
import type { PublicKeyKind } from './certificate.ts';
import { contentsOf, type Der, fieldsOf, oidOf, parseDer, rawOf, tag } from './der.ts';
import { VerifyError } from './error.ts';

/** Smallest RSA modulus that is taken; the kernel takes shorter ones. */
const minRsaBits = 2048;
/** Largest one: the kernel's RSA_MAX_KEYLEN is 16384, no signer uses more than this. */
const maxRsaBits = 8192;

const code = 'MALFORMED_CERTIFICATE';
const ecPublicKeyOid = '1.2.840.10045.2.1';
const curves = new Map([
  ['1.2.840.10045.3.1.7', { curve: 'P-256', bytes: 32 }],
  ['1.3.132.0.34', { curve: 'P-384', bytes: 48 }],
  ['1.3.132.0.35', { curve: 'P-521', bytes: 66 }],
] as const);
/** Public key lengths of FIPS 204, table 2. */
const mlDsaBytes = { 44: 1312, 65: 1952, 87: 2592 } as const;

function rsaKind(key: Uint8Array): PublicKeyKind {
  const fields = fieldsOf(parseDer(key, tag.sequence, code), 'RSA public key', code);
  const modulus = magnitudeOf(fields.take(tag.integer, 'modulus'));
  const exponent = magnitudeOf(fields.take(tag.integer, 'exponent'));
  fields.end();
  const bits = modulus.length * 8 - Math.clz32((modulus[0] ?? 0) << 24);
  const wrong = (message: string): VerifyError => new VerifyError('WEAK_ALGORITHM', message);
  if (bits < minRsaBits) throw wrong(`an RSA key of ${bits} bits is too short: use ${minRsaBits} or more`);
  if (bits > maxRsaBits)
    throw new VerifyError('UNSUPPORTED_ALGORITHM', `an RSA key of ${bits} bits is over ${maxRsaBits}`);
  if (((modulus.at(-1) ?? 0) & 1) === 0) throw new VerifyError(code, 'the RSA modulus is even');
  // Below 65537 (three bytes) small-exponent forgeries live; above 32 bits nobody's tools go.
  if (exponent.length < 3 || exponent.length > 4 || ((exponent.at(-1) ?? 0) & 1) === 0) {
    throw wrong('the RSA exponent is even, below 65537 or above 32 bits');
  }
  return { kind: 'rsa', bits };
}

function ecdsaKind(parameters: Der | undefined, point: Uint8Array): PublicKeyKind {
  const oid = parameters === undefined ? '' : oidOf(parameters);
  const found = curves.get(oid as never) as { curve: 'P-256' | 'P-384' | 'P-521'; bytes: number } | undefined;
  if (found === undefined) {
    throw new VerifyError(
      'UNSUPPORTED_ALGORITHM',
      `elliptic curve ${oid || 'by explicit parameters'} is not supported`,
    );
  }
  if (point[0] !== 4 || point.length !== 1 + 2 * found.bytes) {
    throw new VerifyError(code, `the ${found.curve} key is not an uncompressed point`);
  }
  return { kind: 'ecdsa', curve: found.curve };
}

/** Reads a SubjectPublicKeyInfo and refuses what is weak or unknown. */
export function readPublicKey(node: Der): {
  readonly kind: PublicKeyKind;
  readonly spki: Uint8Array;
  readonly raw: Uint8Array;
} {
  const fields = fieldsOf(node, 'public key', code);
  const { oid, parameters } = readAlgorithm(fields.take(tag.sequence, 'algorithm'), 'public key algorithm', code);
  const bits = contentsOf(fields.take(tag.bitString, 'key'));
  fields.end();
  if (bits[0] !== 0) throw new VerifyError(code, 'the public key is not a whole number of bytes');
  const raw = bits.subarray(1);
  const spki = rawOf(node);
  if (oid === ecPublicKeyOid) return { kind: ecdsaKind(parameters, raw), spki, raw };
  if (parameters !== undefined) throw new VerifyError(code, 'the public key has parameters that do not belong there');
  if (oid === rsaEncryptionOid) return { kind: rsaKind(raw), spki, raw };
  const level = mlDsaByOid.get(oid);
  if (level === undefined)
    throw new VerifyError('UNSUPPORTED_ALGORITHM', `public key algorithm ${oid} is not supported`);
  if (raw.length !== mlDsaBytes[level]) throw new VerifyError(code, `the ML-DSA-${level} key has a wrong length`);
  return { kind: { kind: 'ml-dsa', level }, spki, raw };
}
