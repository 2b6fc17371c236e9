import { execFileSync } from 'node:child_process';
import { createPrivateKey, createHash, sign as signBytes } from 'node:crypto';
import { writeFileSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  debianPackage,
  derChildren,
  makeAuthority,
  tempFolder,
  type TestAuthority,
  testAuthority,
  tinyModule,
} from '@klpkit-internal/testkit';
import { describe, expect, test } from 'vitest';
import { parseTrust, verifyModule, type VerifyErrorCode } from './index.ts';
import { type SignHash, signModule, type SignModuleOptions, stripSignature } from './sign.ts';

const module = tinyModule();
const rsa = testAuthority('rsa-2048');
const sign = (authority: TestAuthority, more: Partial<SignModuleOptions> = {}): Promise<Uint8Array> =>
  signModule(module, { key: authority.key, certificate: authority.certificate, ...more });
const refused = (promise: Promise<unknown>, code: VerifyErrorCode): Promise<void> =>
  expect(promise).rejects.toMatchObject({ name: 'VerifyError', code });

describe('a signed module', () => {
  test.each(['rsa-2048', 'rsa-4096', 'p-256', 'p-384', 'p-521', 'ml-dsa-44', 'ml-dsa-65', 'ml-dsa-87'] as const)(
    'with %s is verified',
    async (algorithm) => {
      const authority = testAuthority(algorithm);
      const trust = await parseTrust({ certificates: [authority.certificate] });
      for (const identifier of ['issuer-serial', 'key-id'] as const) {
        const signed = await sign(authority, { identifier });
        expect((await verifyModule(signed, { trust, sha256: null })).toBytes()).toEqual(signed);
      }
    },
  );

  test('is stripped to what it was', async () => {
    expect(stripSignature(await sign(rsa))).toEqual(module);
    expect(() => stripSignature(module)).toThrow('[UNSIGNED]');
  });

  test('takes a key in every form that Node reads', async () => {
    const key = createPrivateKey(rsa.key);
    const expected = await sign(rsa);
    expect(await sign(rsa, { key: key.export({ type: 'pkcs1', format: 'pem' }).toString() })).toEqual(expected);
    const encrypted = key
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
      .toString();
    expect(await sign(rsa, { key: encrypted, passphrase: 'secret' })).toEqual(expected);
    await refused(sign(rsa, { key: encrypted, passphrase: 'wrong' }), 'MALFORMED_KEY');
    await refused(sign(rsa, { key: encrypted }), 'MALFORMED_KEY');
  });

  test('can be signed by a key that is elsewhere', async () => {
    const calls: (string | undefined)[] = [];
    const remote = {
      sign: (data: Uint8Array, hash: SignHash | undefined) => {
        calls.push(hash);
        return Promise.resolve(new Uint8Array(signBytes(hash, data, rsa.key)));
      },
    };
    expect(await sign(rsa, { key: remote, hash: 'sha256' })).toEqual(await sign(rsa, { hash: 'sha256' }));
    expect(calls).toEqual(['sha256']);
  });
});

describe('signing is refused', () => {
  test('for a key that is not that of the certificate', async () => {
    const other = makeAuthority({ algorithm: 'rsa-2048' });
    await refused(sign(rsa, { key: other.key }), 'MALFORMED_KEY');
    await refused(sign(rsa, { key: testAuthority('p-256').key }), 'MALFORMED_KEY');
    await refused(sign(rsa, { key: { sign: () => Promise.resolve(new Uint8Array(256)) } }), 'MALFORMED_KEY');
  });

  test('for a key that is none, whose text does not get into the error', async () => {
    const error: unknown = await sign(rsa, {
      key: '-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n',
    }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'MALFORMED_KEY' });
    expect(JSON.stringify(error) + String(error)).not.toContain('c2VjcmV0');
    expect(error).not.toHaveProperty('cause');
  });

  test('for a module that is signed, compressed or empty', async () => {
    const { key, certificate } = rsa;
    await refused(signModule(await sign(rsa), { key, certificate }), 'ALREADY_SIGNED');
    await refused(signModule(Uint8Array.of(0x1f, 0x8b, 8), { key, certificate }), 'INVALID_OPTION');
    await refused(signModule(new Uint8Array(), { key, certificate }), 'INVALID_OPTION');
  });

  test('for a digest that ML-DSA does not take, and a certificate without key id named by it', async () => {
    await refused(sign(testAuthority('ml-dsa-44'), { hash: 'sha256' }), 'UNSUPPORTED_ALGORITHM');
    await refused(sign(makeAuthority({ algorithm: 'p-256', ski: null }), { identifier: 'key-id' }), 'INVALID_OPTION');
  });

  test('for a certificate that is none', async () => {
    await refused(sign(rsa, { certificate: 'hello' }), 'MALFORMED_CERTIFICATE');
    await refused(sign(rsa, { certificate: rsa.certificateDer.subarray(0, 100) }), 'MALFORMED_CERTIFICATE');
  });
});

const kbuild = await debianPackage(/^linux-kbuild-6\.1$/);
const signFile = kbuild && join(kbuild.root, 'usr/lib/linux-kbuild-6.1/scripts/sign-file');

function runs(command: string | undefined): boolean {
  if (command === undefined) return false;
  try {
    execFileSync(command, [], { stdio: 'ignore' });
    return true;
  } catch (error) {
    // It exits with 2 and its usage; what cannot be started has no status.
    return typeof (error as { status?: unknown }).status === 'number' && (error as { status: number }).status < 126;
  }
}
const hasSignFile = runs(signFile);

test.skipIf(hasSignFile)("Debian's linux-kbuild-6.1 is not to be had: not compared with sign-file", () => undefined);

describe.runIf(hasSignFile)("the kernel's own sign-file", () => {
  const algorithms = ['rsa-2048', 'rsa-4096'] as const;
  const hashes = ['sha256', 'sha384', 'sha512', 'sha3-256', 'sha3-384', 'sha3-512'] as const;

  async function withSignFile(authority: TestAuthority, hash: SignHash, keyId: boolean): Promise<Uint8Array> {
    await using folder = await tempFolder();
    const file = (name: string, content: string | Uint8Array): string => {
      writeFileSync(join(folder.path, name), content);
      return join(folder.path, name);
    };
    const paths = [
      file('key.pem', authority.key),
      file('certificate.pem', authority.certificate),
      file('module.ko', module),
    ];
    execFileSync(signFile ?? '', [...(keyId ? ['-k'] : []), hash, ...paths], { stdio: 'ignore' });
    return new Uint8Array(readFileSync(join(folder.path, 'module.ko')));
  }

  test.each(algorithms)('makes the same bytes with %s', async (algorithm) => {
    const authority = testAuthority(algorithm);
    for (const hash of hashes) {
      expect(await sign(authority, { hash })).toEqual(await withSignFile(authority, hash, false));
      expect(await sign(authority, { hash, identifier: 'key-id' })).toEqual(await withSignFile(authority, hash, true));
    }
  });

  /** The signature in a PKCS#7 message: the last element of its only signer. */
  function signatureIn(signed: Uint8Array): Uint8Array {
    const [, content = signed] = derChildren(signed.subarray(module.length));
    const [signedData = content] = derChildren(content);
    const [signer = signedData] = derChildren(derChildren(signedData).at(-1) ?? signedData);
    const octets = derChildren(signer).at(-1) ?? signer;
    return octets.subarray((octets[1] ?? 0) < 0x80 ? 2 : 3);
  }

  test.each(['p-256', 'p-384', 'p-521'] as const)(
    'makes the same bytes with %s around its random signature',
    async (algorithm) => {
      const authority = testAuthority(algorithm);
      for (const hash of ['sha256', 'sha384', 'sha512'] as const) {
        const theirs = await withSignFile(authority, hash, false);
        const key = { sign: () => Promise.resolve(signatureIn(theirs)) };
        expect(await sign(authority, { hash, key })).toEqual(theirs);
      }
    },
  );
});

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

const image = await debianPackage(/^linux-image-6\.1\.0-\d+-amd64$/);

/** Certificates inside of a kernel image: its compressed part is found by the magic of xz. */
function certificatesIn(vmlinuz: Uint8Array): Uint8Array[] {
  const start = Buffer.from(vmlinuz).indexOf(Buffer.from('fd377a585a00', 'hex'));
  if (start < 0) return [];
  const { stdout } = spawnXz(vmlinuz.subarray(start));
  const found: Uint8Array[] = [];
  // SEQUENCE of about 1.3 KiB that begins with SEQUENCE, [0], INTEGER 2: an X.509 v3 certificate.
  for (
    let at = stdout.indexOf(Buffer.from('3082', 'hex'));
    at >= 0;
    at = stdout.indexOf(Buffer.from('3082', 'hex'), at + 1)
  ) {
    if (
      stdout.subarray(at + 4, at + 6).toString('hex') !== '3082' ||
      stdout.subarray(at + 8, at + 13).toString('hex') !== 'a003020102'
    )
      continue;
    found.push(new Uint8Array(stdout.subarray(at, at + 4 + stdout.readUInt16BE(at + 2))));
  }
  return found;
}

function spawnXz(bytes: Uint8Array): { stdout: Buffer } {
  try {
    return {
      stdout: execFileSync('xz', ['-dc', '--single-stream'], {
        input: bytes,
        maxBuffer: 1 << 28,
        stdio: ['pipe', 'pipe', 'ignore'],
      }),
    };
  } catch (error) {
    // What follows the stream in the image is junk to xz; what came before is whole.
    return { stdout: (error as { stdout?: Buffer }).stdout ?? Buffer.alloc(0) };
  }
}

test.skipIf(image !== undefined)('a Debian kernel is not to be had: no real module is verified', () => undefined);

describe.runIf(image !== undefined)('a module of Debian', () => {
  test('is verified with the certificate that is built into its kernel', { timeout: 600_000 }, async () => {
    const root = image?.root ?? '';
    const vmlinuz = [...filesBelow(join(root, 'boot'))].find((path) => path.includes('vmlinuz'));
    const certificates = certificatesIn(new Uint8Array(readFileSync(vmlinuz ?? '')));
    expect(certificates.length).toBeGreaterThan(0);
    const trust = await parseTrust({ certificates });
    const path = [...filesBelow(join(root, 'lib/modules'))].find((one) => one.endsWith('/vsock_loopback.ko')) ?? '';
    const bytes = new Uint8Array(readFileSync(path));
    const verified = await verifyModule(bytes, { trust, sha256: null });
    expect(verified).toMatchObject({
      name: 'vsock_loopback',
      livepatch: false,
      algorithm: 'rsa-4096/sha256',
      license: 'GPL v2',
    });
    expect(verified.signer.subject).toBe('CN=Build time autogenerated kernel key');
    expect(verified.vermagic.startsWith(image?.name.replace('linux-image-', '') ?? '')).toBe(true);
    expect(verified.symbolVersions.find((symbol) => symbol.name === 'module_layout')?.crc).toBeGreaterThan(0);
    expect(createHash('sha256').update(verified.toBytes()).digest('hex')).toBe(verified.sha256);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    await refused(verifyModule(bytes, { trust, sha256: null }), 'BAD_SIGNATURE');
  });
});
