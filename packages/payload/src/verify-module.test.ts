import { createHash } from 'node:crypto';
import {
  appendSignature,
  cmsMessage,
  concat,
  derOid,
  makeAuthority,
  signedModule,
  signTestModule,
  type TestAlgorithm,
  type TestAuthority,
  testAuthority,
  type TestSigner,
  tinyModule,
  tlv,
} from '@klpkit-internal/testkit';
import { describe, expect, test } from 'vitest';
import {
  checkTarget,
  isVerifiedModule,
  parseTrust,
  type VerifiedModule,
  verifyModule,
  type VerifyErrorCode,
} from './index.ts';

const payload = tinyModule();
const rsa = testAuthority('rsa-2048');

async function verify(
  bytes: Uint8Array,
  trusted: readonly TestAuthority[] = [rsa],
  revoked: (Uint8Array | string)[] = [],
): Promise<VerifiedModule> {
  const trust = await parseTrust({ certificates: trusted.map((one) => one.certificate), revoked });
  return await verifyModule(bytes, { trust, sha256: null });
}

const signed = (...signers: TestSigner[]): Uint8Array => signedModule({ payload, signers });
const refused = async (promise: Promise<unknown>, code: VerifyErrorCode): Promise<void> => {
  await expect(promise).rejects.toMatchObject({ name: 'VerifyError', code });
};

describe('what is accepted', () => {
  const algorithms: TestAlgorithm[] = ['rsa-2048', 'rsa-4096', 'p-256', 'p-384', 'p-521'];
  const hashes = ['sha224', 'sha256', 'sha384', 'sha512', 'sha3-256', 'sha3-384', 'sha3-512'] as const;
  for (const algorithm of algorithms) {
    test(`${algorithm} with every digest, by name and by key id`, async () => {
      const authority = testAuthority(algorithm);
      for (const hash of hashes) {
        for (const identifier of ['issuer-serial', 'key-id'] as const) {
          const module = await verify(signed({ authority, hash, identifier }), [authority]);
          expect(module.algorithm).toBe(
            `${algorithm.startsWith('p-') ? `ecdsa-${algorithm.replace('-', '')}` : algorithm}/${hash}`,
          );
        }
      }
    });
  }

  test.each(['ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const)(
    '%s, with and without signed attributes',
    async (algorithm) => {
      const authority = testAuthority(algorithm);
      expect((await verify(signed({ authority }), [authority])).algorithm).toBe(algorithm);
      const module = await verify(signed({ authority, attributes: [] }), [authority]);
      expect(module.signer.publicKey).toEqual({ kind: 'ml-dsa', level: Number(algorithm.slice(-2)) });
    },
  );

  test('the module is told with its digest, name and signer, and is sealed', async () => {
    const bytes = signed({ authority: rsa });
    const module = await verify(bytes);
    expect(module).toMatchObject({
      name: 'livepatch_test',
      livepatch: true,
      arch: 'x86_64',
      vermagic: '6.1.0-56-amd64 SMP preempt mod_unload modversions ',
      license: 'GPL',
      sha256: createHash('sha256').update(bytes).digest('hex'),
      size: bytes.length,
      compression: 'none',
    });
    expect(module.signer).toMatchObject({ subject: `CN=${rsa.name}`, serial: rsa.serial, ski: rsa.ski });
    expect(module.anchor).toEqual(module.signer);
    expect(isVerifiedModule(module)).toBe(true);
    expect(isVerifiedModule({ ...module })).toBe(false);
    expect(Object.isFrozen(module)).toBe(true);
  });

  test('nobody can change the bytes that were checked', async () => {
    const bytes = signed({ authority: rsa });
    const module = await verify(bytes);
    const before = module.toBytes();
    bytes.fill(0);
    module.toBytes().fill(0);
    expect(module.toBytes()).toEqual(before);
  });

  test('bytes are taken over where that is asked for, and copied out of a shared pool', async () => {
    const trust = await parseTrust({ certificates: [rsa.certificate] });
    const whole = new Uint8Array(signed({ authority: rsa }));
    const length = whole.length;
    const module = await verifyModule(whole, { trust, sha256: null, ownership: 'take' });
    expect(whole.length).toBe(0);
    expect(module.toBytes().length).toBe(length);
    const pool = concat(new Uint8Array(8), module.toBytes());
    await verifyModule(pool.subarray(8), { trust, sha256: null, ownership: 'take' });
    expect(pool.length).toBe(length + 8);
  });

  test('a subject key identifier that is not SHA-1 of the key', async () => {
    const authority = makeAuthority({ algorithm: 'p-256', ski: '01020304' });
    await verify(signed({ authority, identifier: 'key-id' }), [authority]);
  });

  test('a certificate without a subject key identifier, by issuer and serial', async () => {
    const authority = makeAuthority({ algorithm: 'p-256', ski: null });
    await verify(signed({ authority }), [authority]);
  });

  test('dates are not looked at, as the kernel does not', async () => {
    const authority = makeAuthority({ algorithm: 'p-256', notAfter: new Date('2024-01-02T00:00:00Z') });
    await verify(signed({ authority }), [authority]);
  });

  test('one trusted signer among unknown ones, in any place', async () => {
    const stranger = makeAuthority({ algorithm: 'p-256', name: 'stranger' });
    await verify(signed({ authority: stranger }, { authority: rsa }));
    const module = await verify(signed({ authority: rsa }, { authority: stranger }));
    expect(module.signer.subject).toBe(`CN=${rsa.name}`);
  });

  test('the digest as expected', async () => {
    const bytes = signed({ authority: rsa });
    const trust = await parseTrust({ certificates: [rsa.certificate] });
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    expect((await verifyModule(bytes, { trust, sha256 })).sha256).toBe(sha256);
  });

  test('modules of other architectures, of both byte orders', async () => {
    for (const arch of ['aarch64', 's390x', 'ppc64le'] as const) {
      const module = await verify(
        signedModule({
          payload: tinyModule({ arch, versions: [{ name: 'module_layout', crc: 0xfedc_ba98 }] }),
          signers: [{ authority: rsa }],
        }),
      );
      expect(module.arch).toBe(arch);
      expect(module.symbolVersions).toEqual([{ name: 'module_layout', crc: 0xfedc_ba98 }]);
      expect(module.hasVersions).toBe(true);
    }
  });
});

describe('embedded chains', () => {
  const root = testAuthority('p-384');
  const middle = makeAuthority({ algorithm: 'p-256', name: 'middle', issuer: root });
  const leaf = makeAuthority({ algorithm: 'p-256', name: 'leaf', issuer: middle, ca: false });
  const chain = (signer: TestAuthority, ...inside: TestAuthority[]): Uint8Array =>
    signedModule({ payload, signers: [{ authority: signer }], certificates: inside.map((one) => one.certificateDer) });

  test('lead from the signer to a trusted key', async () => {
    const module = await verify(chain(leaf, leaf, middle), [root]);
    expect(module.signer.subject).toBe('CN=leaf');
    expect(module.anchor.subject).toBe(`CN=${root.name}`);
    await verify(chain(leaf, middle, root, leaf), [root]);
    await verify(chain(leaf, leaf), [middle]);
    await verify(chain(leaf, leaf, middle), [leaf]);
  });

  test('with a certificate missing end nowhere', async () => {
    await refused(verify(chain(leaf, leaf), [root]), 'UNTRUSTED_SIGNER');
    await refused(verify(chain(leaf, middle), [root]), 'UNTRUSTED_SIGNER');
  });

  test('up to an unknown root are refused', async () => {
    await refused(verify(chain(leaf, leaf, middle, root), [rsa]), 'UNTRUSTED_SIGNER');
    await refused(verify(chain(rsa, rsa), [root]), 'UNTRUSTED_SIGNER');
  });

  test('with a signer that is no authority in the middle are refused', async () => {
    const below = makeAuthority({ algorithm: 'p-256', name: 'below', issuer: leaf });
    await refused(verify(chain(below, below, leaf, middle), [root]), 'BAD_SIGNATURE');
    await refused(verify(chain(below, below), [leaf]), 'BAD_SIGNATURE');
  });

  test('with a certificate that another key signed are refused', async () => {
    const impostor = { ...makeAuthority({ algorithm: 'p-256', name: middle.name }), ski: middle.ski };
    const forged = makeAuthority({ algorithm: 'p-256', name: 'forged', issuer: impostor });
    await refused(verify(chain(forged, forged, middle), [root]), 'BAD_SIGNATURE');
    await refused(verify(chain(forged, forged), [middle]), 'BAD_SIGNATURE');
  });

  test('without authority key identifiers are not built, as the kernel builds none', async () => {
    const plain = makeAuthority({ algorithm: 'p-256', name: 'plain', issuer: root, aki: false });
    await refused(verify(chain(plain, plain), [root]), 'UNTRUSTED_SIGNER');
  });

  test('over SHA-1 are refused', async () => {
    const old = makeAuthority({ algorithm: 'p-256', name: 'old', issuer: root, hash: 'sha1' });
    await refused(verify(chain(old, old), [root]), 'WEAK_ALGORITHM');
  });

  test('in a loop end', async () => {
    const a = makeAuthority({ algorithm: 'p-256', name: 'a', issuer: { ...root, name: 'b', ski: 'bb' }, ski: 'aa' });
    const b = makeAuthority({ algorithm: 'p-256', name: 'b', issuer: { ...root, name: 'a', ski: 'aa' }, ski: 'bb' });
    await refused(verify(chain(a, a, b), [root]), 'BAD_SIGNATURE');
  });

  test('a twin of a trusted certificate with another key does not pass', async () => {
    const twin = makeAuthority({ algorithm: 'p-256', name: 'twin' });
    const certificates = [twin.certificateDer];
    const bytes = signedModule({ payload, signers: [{ authority: twin }], certificates });
    await refused(verify(bytes, [rsa]), 'UNTRUSTED_SIGNER');
  });
});

describe('what is revoked is refused', () => {
  const root = testAuthority('p-384');
  const leaf = makeAuthority({ algorithm: 'p-256', name: 'revoked leaf', issuer: root });
  const bytes = signedModule({ payload, signers: [{ authority: leaf }], certificates: [leaf.certificateDer] });
  const direct = signed({ authority: rsa });
  const tbsHash = (authority: TestAuthority): string => {
    const der = authority.certificateDer;
    const length = 4 + ((der[6] ?? 0) << 8) + (der[7] ?? 0);
    return `tbs:${createHash('sha256')
      .update(der.subarray(4, 4 + length))
      .digest('hex')}`;
  };

  test('by certificate: the signer, one of its chain, the anchor', async () => {
    await refused(verify(direct, [rsa], [rsa.certificate]), 'REVOKED');
    await refused(verify(bytes, [root], [leaf.certificateDer]), 'REVOKED');
    await refused(verify(bytes, [root], [root.certificateDer]), 'REVOKED');
  });

  test('by the digest of the certificate', async () => {
    await refused(verify(direct, [rsa], [tbsHash(rsa)]), 'REVOKED');
    await refused(verify(bytes, [root], [`# list\n\n${tbsHash(leaf)}\n`]), 'REVOKED');
    await verify(direct, [rsa], [tbsHash(leaf)]);
  });

  test('by the digest of the file', async () => {
    const hex = createHash('sha256').update(direct).digest('hex');
    await refused(verify(direct, [rsa], [`bin:${hex}`]), 'REVOKED');
  });

  test('a revoked signer beside a good one', async () => {
    await refused(verify(signed({ authority: rsa }, { authority: root }), [rsa], [root.certificate]), 'REVOKED');
  });

  test('a revoked key under a new certificate', async () => {
    const module = signed({ authority: rsa, identifier: 'key-id' });
    await refused(verify(module, [rsa], [rsa.certificate]), 'REVOKED');
  });
});

describe('the signature block, in the order of the kernel', () => {
  const message = cmsMessage({ payload, signers: [{ authority: rsa }] });
  const good = appendSignature(payload, message);
  const withFields = (...fields: number[]): Uint8Array =>
    appendSignature(payload, message, { fields: Uint8Array.from(fields) });

  test.each([
    ['no marker', payload],
    ['a byte after the marker', concat(good, Uint8Array.of(0x0a))],
    ['a broken marker', good.map((byte, index) => (index === good.length - 2 ? byte ^ 1 : byte))],
    ['nothing', new Uint8Array()],
    ['the marker alone', good.subarray(-28)],
  ])('%s is unsigned', (_, bytes) => refused(verify(bytes), 'UNSIGNED'));

  test.each([
    ['no room for the block', good.subarray(-29)],
    ['the block alone', good.subarray(-40)],
    ['a signature as long as the file', appendSignature(payload, message, { length: payload.length + message.length })],
    ['a signature longer than the file', appendSignature(payload, message, { length: 0xffff_ffff })],
    ['an empty payload', appendSignature(new Uint8Array(), message)],
  ])('%s is a wrong length', (_, bytes) => refused(verify(bytes), 'BAD_LENGTH'));

  test.each([0, 1, 3, 255])('id type %i is refused', (type) =>
    refused(verify(withFields(0, 0, type, 0, 0, 0, 0, 0)), 'UNSUPPORTED_ID_TYPE'),
  );

  test('the length is looked at before the id type, and that before the zero fields', async () => {
    const fields = Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1);
    await refused(verify(appendSignature(payload, message, { fields, length: 0xffff_ffff })), 'BAD_LENGTH');
    await refused(verify(appendSignature(payload, message, { fields })), 'UNSUPPORTED_ID_TYPE');
  });

  test.each([0, 1, 3, 4, 5, 6, 7])('field %i that is not zero is refused', async (index) => {
    const fields = [0, 0, 2, 0, 0, 0, 0, 0];
    fields[index] = 1;
    await refused(verify(withFields(...fields)), 'NONZERO_FIELDS');
  });

  test('a signature cut short or one byte too long', async () => {
    await refused(verify(appendSignature(payload, message.subarray(0, -1))), 'MALFORMED_SIGNATURE');
    await refused(verify(appendSignature(payload, concat(message, Uint8Array.of(0)))), 'MALFORMED_SIGNATURE');
    await refused(verify(appendSignature(payload, message, { length: message.length - 1 })), 'MALFORMED_SIGNATURE');
    await refused(verify(appendSignature(payload, new Uint8Array())), 'MALFORMED_SIGNATURE');
  });
});

describe('the PKCS#7 message', () => {
  const message = (options: Partial<Parameters<typeof cmsMessage>[0]>): Promise<VerifiedModule> =>
    verify(appendSignature(payload, cmsMessage({ payload, signers: [{ authority: rsa }], ...options })));

  test('versions must go together', async () => {
    await refused(message({ version: 3 }), 'VERSION_MISMATCH');
    await refused(message({ version: 2 }), 'VERSION_MISMATCH');
    await refused(message({ signers: [{ authority: rsa, version: 3 }] }), 'VERSION_MISMATCH');
    await refused(message({ signers: [{ authority: rsa, identifier: 'key-id', version: 1 }] }), 'VERSION_MISMATCH');
    await refused(message({ signers: [{ authority: rsa, identifier: 'key-id' }], version: 1 }), 'VERSION_MISMATCH');
    // One of each cannot be right whatever the outer version is.
    await refused(
      message({ signers: [{ authority: rsa }, { authority: rsa, identifier: 'key-id' }] }),
      'VERSION_MISMATCH',
    );
  });

  test('content must be detached pkcs7-data', async () => {
    await refused(message({ content: payload }), 'NOT_DETACHED');
    await refused(message({ content: new Uint8Array() }), 'NOT_DETACHED');
    await refused(message({ contentType: '1.3.6.1.4.1.311.2.1.4' }), 'WRONG_CONTENT_TYPE');
    await refused(message({ outerType: '1.2.840.113549.1.7.1' }), 'MALFORMED_SIGNATURE');
  });

  test('a message without a signer', () =>
    refused(message({ signers: [], digestOids: ['2.16.840.1.101.3.4.2.1'] }), 'NO_SIGNER'));

  test('too many signers', () =>
    refused(message({ signers: Array.from({ length: 9 }, () => ({ authority: rsa })) }), 'MALFORMED_SIGNATURE'));

  test('signed attributes are refused but for ML-DSA', async () => {
    await refused(message({ signers: [{ authority: rsa, attributes: [] }] }), 'SIGNED_ATTRIBUTES');
  });

  test('unsigned attributes, which anybody can change, are refused', async () => {
    const tail = [tlv(0xa1, tlv(0x30, derOid('1.2.3'), tlv(0x31, tlv(0x05))))];
    await refused(message({ signers: [{ authority: rsa, tail }] }), 'MALFORMED_SIGNATURE');
  });

  test('algorithms that nobody knows, and SHA-1, which is known too well', async () => {
    const signer = (more: Partial<TestSigner>): Promise<VerifiedModule> =>
      message({ signers: [{ authority: rsa, ...more }] });
    await refused(signer({ hash: 'sha1' }), 'WEAK_ALGORITHM');
    await refused(signer({ digestOid: '1.2.840.113549.2.5' }), 'UNSUPPORTED_ALGORITHM');
    // sha256WithRSAEncryption in a SignerInfo: the kernel knows rsaEncryption alone.
    await refused(signer({ signatureOid: '1.2.840.113549.1.1.11' }), 'UNSUPPORTED_ALGORITHM');
    await refused(signer({ signatureOid: '1.2.840.113549.1.1.10' }), 'UNSUPPORTED_ALGORITHM');
  });

  test('the digest list must be that of the signers', async () => {
    await refused(message({ digestOids: ['2.16.840.1.101.3.4.2.1'] }), 'MALFORMED_SIGNATURE');
    await refused(message({ digestOids: [] }), 'MALFORMED_SIGNATURE');
  });

  test('an ECDSA signature that names another digest than it uses', async () => {
    const authority = testAuthority('p-256');
    const bytes = signed({ authority, hash: 'sha256', signatureOid: '1.2.840.10045.4.3.4' });
    await refused(verify(bytes, [authority]), 'UNSUPPORTED_ALGORITHM');
  });

  test('an algorithm that does not go with the key', async () => {
    const bytes = signed({ authority: rsa, signatureOid: '1.2.840.10045.4.3.4' });
    await refused(verify(bytes), 'BAD_SIGNATURE');
  });
});

describe('ML-DSA with signed attributes', () => {
  const authority = testAuthority('ml-dsa-44');
  const utcTime = (text: string): Uint8Array => tlv(0x17, new TextEncoder().encode(text));
  const withAttributes = (more: Partial<TestSigner>): Promise<VerifiedModule> =>
    verify(signed({ authority, attributes: [], ...more }), [authority]);

  test('a signing time within the validity, and outside of it', async () => {
    await withAttributes({ attributes: [['1.2.840.113549.1.9.5', utcTime('250101000000Z')]] });
    await refused(
      withAttributes({ attributes: [['1.2.840.113549.1.9.5', utcTime('200101000000Z')]] }),
      'BAD_SIGNATURE',
    );
  });

  test('another digest than the payload has', () =>
    refused(withAttributes({ messageDigest: new Uint8Array(64) }), 'BAD_SIGNATURE'));
  test('an attribute that is not known', () =>
    refused(withAttributes({ attributes: [['1.2.3', tlv(0x05)]] }), 'SIGNED_ATTRIBUTES'));
  test('an attribute twice', () =>
    refused(
      withAttributes({ attributes: [['1.2.840.113549.1.9.3', derOid('1.2.840.113549.1.7.1')]] }),
      'SIGNED_ATTRIBUTES',
    ));
  test('another digest than SHA-512', () =>
    refused(withAttributes({ digestOid: '2.16.840.1.101.3.4.2.1' }), 'UNSUPPORTED_ALGORITHM'));
  test('a changed payload', async () => {
    const bytes = signed({ authority, attributes: [] });
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await refused(verify(bytes, [authority]), 'BAD_SIGNATURE');
  });
});

describe('signers', () => {
  test('that nobody knows are untrusted', async () => {
    const stranger = makeAuthority({ algorithm: 'p-256' });
    await refused(verify(signed({ authority: stranger })), 'UNTRUSTED_SIGNER');
    await refused(verify(signed({ authority: stranger, identifier: 'key-id' })), 'UNTRUSTED_SIGNER');
  });

  test('that take the name of a trusted one with another key are refused', async () => {
    const impostor = { ...makeAuthority({ algorithm: 'rsa-2048' }), certificateDer: rsa.certificateDer, ski: rsa.ski };
    await refused(verify(signed({ authority: impostor })), 'BAD_SIGNATURE');
    await refused(verify(signed({ authority: impostor, identifier: 'key-id' })), 'BAD_SIGNATURE');
  });

  test('one known and wrong spoils the others', async () => {
    const other = testAuthority('p-256');
    const wrong = { authority: other, signs: new Uint8Array(8) };
    await refused(verify(signed({ authority: rsa }, wrong), [rsa, other]), 'BAD_SIGNATURE');
    await verify(signed({ authority: rsa }, wrong), [rsa]);
  });
});

describe('options', () => {
  test('a digest that is not the expected one is refused before anything is parsed', async () => {
    const trust = await parseTrust({ certificates: [rsa.certificate] });
    await refused(verifyModule(new Uint8Array(3), { trust, sha256: '0'.repeat(64) }), 'DIGEST_MISMATCH');
  });

  test.each(['', 'abc', '0'.repeat(63), 'A'.repeat(64), `0x${'0'.repeat(62)}`])('"%s" is no digest', async (sha256) => {
    const trust = await parseTrust({ certificates: [rsa.certificate] });
    await refused(verifyModule(payload, { trust, sha256 }), 'INVALID_OPTION');
    await refused(verifyModule(payload, { trust } as never), 'INVALID_OPTION');
  });

  test('a file over the limit is refused', async () => {
    const trust = await parseTrust({ certificates: [rsa.certificate] });
    const bytes = signed({ authority: rsa });
    await refused(verifyModule(bytes, { trust, sha256: null, maxBytes: bytes.length - 1 }), 'TOO_LARGE');
    await verifyModule(bytes, { trust, sha256: null, maxBytes: bytes.length });
  });

  test('a trust that parseTrust did not make trusts nothing', async () => {
    const trust = await parseTrust({ certificates: [rsa.certificate] });
    await refused(verifyModule(payload, { trust: { ...trust }, sha256: null }), 'INVALID_OPTION');
  });

  test('an aborted signal goes through untouched', async () => {
    const trust = await parseTrust({ certificates: [rsa.certificate] });
    const reason = new Error('enough');
    await expect(verifyModule(payload, { trust, sha256: null, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
  });
});

describe('checkTarget', () => {
  const kernel = { release: '6.1.0-56-amd64', arch: 'x86_64' };

  test('compares architecture, release and vermagic, in this order', async () => {
    const module = await verify(await signTestModule(payload, rsa));
    expect(checkTarget(module, kernel)).toEqual({ fits: true });
    expect(checkTarget(module, { ...kernel, vermagic: module.vermagic })).toEqual({ fits: true });
    expect(checkTarget(module, { release: 'x', arch: 'aarch64' })).toMatchObject({ fits: false, reason: 'WRONG_ARCH' });
    // The kernel with MODVERSIONS would load this one without a word.
    expect(checkTarget(module, { ...kernel, release: '6.1.0-55-amd64' })).toMatchObject({ reason: 'WRONG_RELEASE' });
    expect(checkTarget(module, { ...kernel, release: '6.1.0-56-amd64 ' })).toMatchObject({ reason: 'WRONG_RELEASE' });
    // strcmp: the trailing blank counts.
    expect(checkTarget(module, { ...kernel, vermagic: module.vermagic.trimEnd() })).toMatchObject({
      reason: 'WRONG_VERMAGIC',
    });
  });
});
