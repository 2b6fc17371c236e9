import { execFileSync } from 'node:child_process';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import {
  concat,
  makeAuthority,
  signedModule,
  type TestAlgorithm,
  testAuthority,
  tinyModule,
} from '@klpkit-internal/testkit';
import { bundleForBrowser, findChromium, openPage } from '@klpkit-internal/testkit/browser';
import { describe, expect, test } from 'vitest';
import type * as payloadPackage from './index.ts';
import { parseTrust, verifyModule } from './index.ts';
import type * as signPackage from './sign.ts';

/** What the bundle leaves in the page. */
interface PageGlobals {
  readonly klpkit: typeof payloadPackage & typeof signPackage;
}

const executable = findChromium();
const source = `
  import * as payload from './index.ts';
  import * as sign from './sign.ts';
  globalThis.klpkit = { ...payload, ...sign };
`;
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

test('the package bundles for a browser without a Node built-in', { timeout: 60_000 }, async () => {
  const script = await bundleForBrowser(source, import.meta.dirname);
  expect(script).not.toMatch(/node:(crypto|fs|zlib|timers)/);
});

test.skipIf(executable !== undefined)('there is no Chromium: not run in a browser', () => undefined);

describe.runIf(executable !== undefined)('in Chromium', () => {
  const payload = tinyModule();
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

  test('modules are verified, refused, opened and signed as on Node', { timeout: 120_000 }, async () => {
    await using open = await openPage(executable ?? '', await bundleForBrowser(source, import.meta.dirname));
    const root = testAuthority('p-384');
    const leaf = makeAuthority({ algorithm: 'p-256', name: 'leaf', issuer: root });
    const rsa = testAuthority('rsa-2048');
    const good = algorithms.map((algorithm) => ({
      name: algorithm as string,
      file: signedModule({ payload, signers: [{ authority: testAuthority(algorithm) }] }),
    }));
    const signed = good[0]?.file ?? payload;
    const chain = signedModule({ payload, signers: [{ authority: leaf }], certificates: [leaf.certificateDer] });
    const xz = execFileSync('xz', ['-c', '--check=crc32'], { input: signed });
    const cases: { name: string; file: Uint8Array }[] = [
      ...good,
      { name: 'chain', file: chain },
      { name: 'gzip', file: gzipSync(signed) },
      { name: 'zstd', file: zstdCompressSync(signed) },
      { name: 'xz', file: xz },
      { name: 'gzip bomb', file: gzipSync(new Uint8Array(32 * 1024 * 1024)) },
      { name: 'zstd bomb', file: zstdCompressSync(new Uint8Array(32 * 1024 * 1024)) },
      { name: 'tampered', file: concat(Uint8Array.of(0x7e), signed.subarray(1)) },
      { name: 'unsigned', file: payload },
      { name: 'sha3', file: signedModule({ payload, signers: [{ authority: rsa, hash: 'sha3-256' }] }) },
      {
        name: 'stranger',
        file: signedModule({ payload, signers: [{ authority: makeAuthority({ algorithm: 'p-256' }) }] }),
      },
    ];
    const input = {
      certificates: algorithms.map((algorithm) => testAuthority(algorithm).certificate),
      cases: cases.map(({ name, file }) => ({ name, file: base64(file) })),
      unsigned: base64(payload),
      keys: [rsa, testAuthority('p-256'), testAuthority('p-521')].map(({ key, certificate }) => ({ key, certificate })),
    };
    const result = await open.page.evaluate(async ({ certificates, cases: given, unsigned, keys }) => {
      const { klpkit } = globalThis as unknown as PageGlobals;
      const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
        Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
      const trust = await klpkit.parseTrust({ certificates });
      const ends: [string, string][] = [];
      for (const { name, file } of given) {
        const end = await klpkit
          .verifyModule(bytesOf(file), { trust, sha256: null, maxBytes: 1024 * 1024 })
          .then((module) => `${module.name} ${module.algorithm} ${module.compression}`)
          .catch((error: unknown) => (klpkit.isVerifyError(error) ? error.code : String(error)));
        ends.push([name, end]);
      }
      const body = new Blob([bytesOf(unsigned)]).stream();
      const { sha256 } = await klpkit.digestPayload(body);
      const made: string[] = [];
      for (const options of keys) {
        const bytes = await klpkit.signModule(bytesOf(unsigned), { ...options, hash: 'sha512' });
        made.push(btoa(String.fromCharCode(...bytes)));
      }
      return { ends: Object.fromEntries(ends) as Record<string, string>, sha256, made };
    }, input);

    expect(result.ends).toEqual({
      'rsa-2048': 'livepatch_test rsa-2048/sha512 none',
      'rsa-4096': 'livepatch_test rsa-4096/sha512 none',
      'p-256': 'livepatch_test ecdsa-p256/sha512 none',
      'p-384': 'livepatch_test ecdsa-p384/sha512 none',
      'p-521': 'livepatch_test ecdsa-p521/sha512 none',
      'ml-dsa-44': 'livepatch_test ml-dsa-44 none',
      'ml-dsa-65': 'livepatch_test ml-dsa-65 none',
      'ml-dsa-87': 'livepatch_test ml-dsa-87 none',
      chain: 'livepatch_test ecdsa-p256/sha512 none',
      gzip: 'livepatch_test rsa-2048/sha512 gzip',
      zstd: 'livepatch_test rsa-2048/sha512 zstd',
      xz: 'livepatch_test rsa-2048/sha512 xz',
      'gzip bomb': 'TOO_LARGE',
      'zstd bomb': 'TOO_LARGE',
      tampered: 'BAD_SIGNATURE',
      unsigned: 'UNSIGNED',
      sha3: 'UNSUPPORTED_ALGORITHM',
      stranger: 'UNTRUSTED_SIGNER',
    });
    expect(result.sha256).toMatch(/^[0-9a-f]{64}$/);
    const trust = await parseTrust({ certificates: input.certificates });
    for (const made of result.made) await verifyModule(Buffer.from(made, 'base64'), { trust, sha256: null });
  });
});
