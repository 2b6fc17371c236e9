import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createVerify,
  hash as hashOnce,
  type KeyObject,
  sign as signOnce,
  verify as verifyOnce,
} from 'node:crypto';
import { createReadStream } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { HashName } from '../algorithm.ts';
import { VerifyError } from '../error.ts';
import type { RunningDigest, SignatureCheck, SigningJob } from './platform.ts';

/**
 * Work between two looks at the signal and the event loop: 50 ms of SHA-256, 100 of SHA-512. No module of a distribution is as long;
 * a turn of the loop is also where V8 ends the garbage collection that a large buffer starts.
 */
const sliceBytes = 96 * 1024 * 1024;
/** Node reads 64 KiB at once by default, which takes a quarter longer. */
const readBytes = 1024 * 1024;

export function digest(hash: HashName, bytes: Uint8Array): Promise<Uint8Array> {
  return Promise.resolve(createHash(hash).update(bytes).digest());
}

/** Hands the bytes over in slices, and lets the event loop breathe in between. */
async function inSlices(
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
  take: (slice: Uint8Array) => void,
): Promise<void> {
  for (let at = 0; at < bytes.length; at += sliceBytes) {
    if (at > 0) await setImmediate();
    signal?.throwIfAborted();
    take(bytes.subarray(at, at + sliceBytes));
  }
}

export async function sha256(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<string> {
  if (bytes.length <= sliceBytes) return hashOnce('sha256', bytes, 'hex');
  const running = createHash('sha256');
  await inSlices(bytes, signal, (slice) => running.update(slice));
  return running.digest('hex');
}

export function runningSha256(): RunningDigest {
  const running = createHash('sha256');
  return { update: (chunk) => void running.update(chunk), hex: () => running.digest('hex') };
}

const keys = new WeakMap<object, KeyObject>();

/** Parsing a key costs as much as a verification, so a certificate's key is kept as long as the certificate is. */
function keyOf(certificate: SignatureCheck['certificate']): KeyObject {
  const known = keys.get(certificate);
  if (known !== undefined) return known;
  try {
    const key = createPublicKey({ key: Buffer.from(certificate.spki), format: 'der', type: 'spki' });
    keys.set(certificate, key);
    return key;
  } catch (cause) {
    if (certificate.key.kind !== 'ml-dsa')
      throw new VerifyError('MALFORMED_CERTIFICATE', 'the public key is not valid', { cause });
    throw cause;
  }
}

async function verifyMlDsa(check: SignatureCheck): Promise<boolean> {
  try {
    return verifyOnce(null, check.data, keyOf(check.certificate), check.signature);
  } catch {
    // Node 22 has no ML-DSA.
    const { verifyMlDsaPortably } = await import('./ml-dsa.ts');
    return verifyMlDsaPortably(check);
  }
}

export async function verifySignature(check: SignatureCheck): Promise<boolean> {
  const { scheme, certificate, data, signature, signal } = check;
  if (scheme.kind === 'ml-dsa') return await verifyMlDsa(check);
  const key = keyOf(certificate);
  if (data.length <= sliceBytes) return verifyOnce(scheme.hash, data, key, signature);
  const running = createVerify(scheme.hash);
  await inSlices(data, signal, (slice) => running.update(slice));
  return running.verify(key, signature);
}

export function signBytes(job: SigningJob): Promise<Uint8Array> {
  const { pem, passphrase, scheme, data } = job;
  try {
    const key = createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) });
    return Promise.resolve(signOnce(scheme.kind === 'ml-dsa' ? null : scheme.hash, data, key));
  } catch (cause) {
    // The cause is OpenSSL's and holds no key material, but it is left out all the same: it quotes what it could not decode.
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    return Promise.reject(new VerifyError('MALFORMED_KEY', `the private key cannot be read or used (${code})`));
  }
}

// Loaded when it is needed: most modules are not compressed, and it would be a tenth of the package's import.
export async function expandGzip(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  const { gunzipSync } = await import('node:zlib');
  return gunzipSync(bytes, { maxOutputLength: maxBytes });
}

export function openFile(path: string): AsyncIterable<Uint8Array> {
  return createReadStream(path, { highWaterMark: readBytes });
}
