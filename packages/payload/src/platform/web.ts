import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import type { HashName } from '../algorithm.ts';
import { joinBytes, toHex } from '../bytes.ts';
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

/** Takes what a decoder gives, and stops it at the limit. */
function collector(maxBytes: number): { take: (chunk: Uint8Array) => void; bytes: () => Uint8Array } {
  const chunks: Uint8Array[] = [];
  let length = 0;
  return {
    take(chunk) {
      length += chunk.length;
      if (length > maxBytes) throw new VerifyError('TOO_LARGE', `the file expands to more than ${maxBytes} bytes`);
      if (chunk.length > 0) chunks.push(chunk.slice());
    },
    bytes: () => joinBytes(chunks),
  };
}

/** Compressed bytes handed to a decoder at once: what one step can expand to before the limit is looked at. */
const pushBytes = 16 * 1024;

function push(decoder: { push(chunk: Uint8Array, final?: boolean): unknown }, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += pushBytes) {
    decoder.push(bytes.subarray(at, at + pushBytes), at + pushBytes >= bytes.length);
  }
}

export async function expandGzip(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const { Gunzip } = await import('fflate');
  const { take, bytes: collected } = collector(maxBytes);
  push(new Gunzip(take), bytes);
  return collected();
}

export async function expandZstd(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const { Decompress } = await import('fzstd');
  const { take, bytes: collected } = collector(maxBytes);
  push(new Decompress(take), bytes);
  return collected();
}

export function openFile(_path: string): AsyncIterable<Uint8Array> {
  throw new VerifyError('INVALID_OPTION', 'this runtime has no files; hand over a stream');
}
