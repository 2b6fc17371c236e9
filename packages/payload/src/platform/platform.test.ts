import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import { makeAuthority, type TestAlgorithm, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { createHash, sign as signBytes } from 'node:crypto';
import { assert, property, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { HashName, SignatureScheme } from '../algorithm.ts';
import { toHex } from '../bytes.ts';
import { parseCertificate } from '../x509.ts';
import { derEcdsaSignature, rawEcdsaSignature } from './ecdsa-signature.ts';
import * as node from './node.ts';
import type { Platform } from './platform.ts';
import * as web from './web.ts';

// Both have all of the functions, by type.
const platforms: [string, Platform][] = [
  ['Node', node],
  ['WebCrypto', web],
];
const data = tinyModule();
const schemeOf = (algorithm: TestAlgorithm, hash: HashName): SignatureScheme => {
  if (algorithm.startsWith('ml-dsa')) return { kind: 'ml-dsa', level: Number(algorithm.slice(-2)) as 44 };
  return { kind: algorithm.startsWith('rsa') ? 'rsa' : 'ecdsa', hash };
};
const algorithms: TestAlgorithm[] = [
  'rsa-2048',
  'rsa-4096',
  'p-256',
  'p-384',
  'p-521',
  'ml-dsa-44',
  'ml-dsa-65',
  'ml-dsa-87',
];

describe.each(platforms)('%s', (_, platform) => {
  test.each(algorithms)('verifies and refuses %s', async (algorithm) => {
    const authority = testAuthority(algorithm);
    const certificate = await parseCertificate(authority.certificateDer);
    const other = await parseCertificate(makeAuthority({ algorithm }).certificateDer);
    for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
      const scheme = schemeOf(algorithm, hash);
      const signature = new Uint8Array(signBytes(scheme.kind === 'ml-dsa' ? null : hash, data, authority.key));
      expect(await platform.verifySignature({ scheme, certificate, data, signature })).toBe(true);
      expect(await platform.verifySignature({ scheme, certificate: other, data, signature })).toBe(false);
      expect(await platform.verifySignature({ scheme, certificate, data: data.subarray(1), signature })).toBe(false);
      for (const wrong of [new Uint8Array(), signature.subarray(1), signature.map((byte) => byte ^ 1)]) {
        expect(await platform.verifySignature({ scheme, certificate, data, signature: wrong })).toBe(false);
      }
    }
  });

  test('hashes as @noble/hashes does', async () => {
    expect(await platform.sha256(data, undefined)).toBe(toHex(nobleSha256(data)));
    const running = platform.runningSha256();
    for (let at = 0; at < data.length; at += 100) running.update(data.subarray(at, at + 100));
    expect(running.hex()).toBe(toHex(nobleSha256(data)));
  });

  test('signs what the other one verifies', async () => {
    for (const algorithm of ['rsa-2048', 'p-256', 'p-384', 'p-521'] as const) {
      const authority = testAuthority(algorithm);
      const certificate = await parseCertificate(authority.certificateDer);
      const scheme = schemeOf(algorithm, 'sha512');
      const signature = await platform.signBytes({
        pem: authority.key,
        passphrase: undefined,
        scheme,
        key: certificate.key,
        data,
      });
      for (const [, verifier] of platforms)
        expect(await verifier.verifySignature({ scheme, certificate, data, signature })).toBe(true);
    }
  });
});

describe('what WebCrypto does not know', () => {
  test.each(['sha224', 'sha3-256', 'sha3-384', 'sha3-512'] as const)('%s is refused by name', async (hash) => {
    await expect(web.digest(hash, data)).rejects.toMatchObject({
      code: 'UNSUPPORTED_ALGORITHM',
      message: expect.stringContaining(hash) as string,
    });
  });
  test('files are not there', () => {
    expect(() => web.openFile('/etc/passwd')).toThrow('INVALID_OPTION');
  });
});

test('a large payload is hashed and verified in slices', async () => {
  const authority = testAuthority('rsa-2048');
  const certificate = await parseCertificate(authority.certificateDer);
  const large = new Uint8Array(97 * 1024 * 1024).fill(7);
  const signature = new Uint8Array(signBytes('sha256', large, authority.key));
  const check = { scheme: { kind: 'rsa', hash: 'sha256' }, certificate, data: large, signature } as const;
  expect(await node.verifySignature(check)).toBe(true);
  expect(await node.sha256(large, undefined)).toBe(createHash('sha256').update(large).digest('hex'));
  const controller = new AbortController();
  const reason = new Error('enough');
  setImmediate(() => controller.abort(reason));
  await expect(node.verifySignature({ ...check, signal: controller.signal })).rejects.toBe(reason);
});

test('ECDSA signatures go from DER to r and s and back', () => {
  assert(
    property(uint8Array({ minLength: 132, maxLength: 132 }), (raw) => {
      expect(rawEcdsaSignature(derEcdsaSignature(raw), 'P-521')).toEqual(raw);
      expect(rawEcdsaSignature(derEcdsaSignature(raw.subarray(0, 64)), 'P-256')).toEqual(raw.slice(0, 64));
    }),
  );
});
