import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import type { HashName } from '../algorithm.ts';
import { toHex } from '../bytes.ts';
import { decodeWithin } from '../decode-within.ts';
import { VerifyError } from '../error.ts';
import { parsePem } from '../pem.ts';
import { derEcdsaSignature, rawEcdsaSignature } from './ecdsa-signature.ts';
import { verifyMlDsaPortably } from './ml-dsa.ts';
import type { RunningDigest, SignatureCheck, SigningJob } from './platform.ts';

/** WebCrypto's names; it has no SHA-224, and SHA-3 in no browser yet. */
const webHashes: ReadonlyMap<HashName, string> = new Map<HashName, string>([
  ['sha1', 'SHA-1'],
  ['sha256', 'SHA-256'],
  ['sha384', 'SHA-384'],
  ['sha512', 'SHA-512'],
]);

function webHash(hash: HashName): string {
  const name = webHashes.get(hash);
  if (name === undefined)
    throw new VerifyError('UNSUPPORTED_ALGORITHM', `WebCrypto of this runtime has no ${hash}; verify on Node`);
  return name;
}

/** WebCrypto takes no view on shared memory; what the package checks is always its own copy. */
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => bytes as Uint8Array<ArrayBuffer>;

export async function digest(hash: HashName, bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest(webHash(hash), own(bytes)));
}

export async function sha256(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<string> {
  signal?.throwIfAborted();
  return toHex(await digest('sha256', bytes));
}

export function runningSha256(): RunningDigest {
  const running = nobleSha256.create();
  return { update: (chunk) => void running.update(chunk), hex: () => toHex(running.digest()) };
}

export async function verifySignature(check: SignatureCheck): Promise<boolean> {
  const { scheme, certificate, data, signature, signal } = check;
  signal?.throwIfAborted();
  if (scheme.kind === 'ml-dsa') return await verifyMlDsaPortably(check);
  const hash = webHash(scheme.hash);
  if (scheme.kind === 'rsa') {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash };
    const key = await crypto.subtle.importKey('spki', own(certificate.spki), algorithm, false, ['verify']);
    return await crypto.subtle.verify(algorithm, key, own(signature), own(data));
  }
  if (certificate.key.kind !== 'ecdsa') return false;
  const namedCurve = certificate.key.curve;
  const raw = rawEcdsaSignature(signature, namedCurve);
  if (raw === undefined) return false;
  const key = await crypto.subtle.importKey('spki', own(certificate.spki), { name: 'ECDSA', namedCurve }, false, [
    'verify',
  ]);
  return await crypto.subtle.verify({ name: 'ECDSA', hash }, key, own(raw), own(data));
}

export async function signBytes(job: SigningJob): Promise<Uint8Array> {
  const { pem, scheme, key, data } = job;
  const block = parsePem(pem, 'MALFORMED_KEY').find((one) => one.label === 'PRIVATE KEY');
  if (block === undefined || scheme.kind === 'ml-dsa' || key.kind === 'ml-dsa') {
    throw new VerifyError('MALFORMED_KEY', 'this runtime signs with unencrypted PKCS#8 keys for RSA and ECDSA only');
  }
  const hash = webHash(scheme.hash);
  const algorithm =
    key.kind === 'rsa' ? { name: 'RSASSA-PKCS1-v1_5', hash } : { name: 'ECDSA', hash, namedCurve: key.curve };
  try {
    const imported = await crypto.subtle.importKey('pkcs8', block.der, algorithm, false, ['sign']);
    const signature = new Uint8Array(await crypto.subtle.sign(algorithm, imported, own(data)));
    return key.kind === 'rsa' ? signature : derEcdsaSignature(signature);
  } catch (cause) {
    throw new VerifyError('MALFORMED_KEY', 'the private key cannot be read or used', { cause });
  }
}

export async function expandGzip(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const { Gunzip } = await import('fflate');
  return decodeWithin(maxBytes, bytes, (take) => new Gunzip(take));
}

export function openFile(_path: string): AsyncIterable<Uint8Array> {
  throw new VerifyError('INVALID_OPTION', 'this runtime has no files; hand over a stream');
}
