import { execFileSync } from 'node:child_process';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { concat, signTestModule, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { describe, expect, test } from 'vitest';
import { inspectModule, parseTrust, verifyModule, type VerifyErrorCode } from './index.ts';
import { expandGzip } from './platform/web.ts';

const authority = testAuthority('p-256');
const trust = await parseTrust({ certificates: [authority.certificate] });
const signed = await signTestModule(tinyModule(), authority);

function tool(name: string, args: string[], input: Uint8Array): Uint8Array | undefined {
  try {
    return new Uint8Array(execFileSync(name, args, { input, maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'ignore'] }));
  } catch {
    return undefined;
  }
}
const xz = (input: Uint8Array): Uint8Array | undefined =>
  tool('xz', ['-c', '--check=crc32', '--lzma2=dict=1MiB'], input);
const hasXz = xz(new Uint8Array(1)) !== undefined;

const forms: [string, (input: Uint8Array) => Uint8Array | undefined][] = [
  ['gzip', (input) => new Uint8Array(gzipSync(input))],
  ['zstd', (input) => new Uint8Array(zstdCompressSync(input))],
  ...(hasXz ? ([['xz', xz]] as [string, typeof xz][]) : []),
];
const refused = (promise: Promise<unknown>, code: VerifyErrorCode): Promise<void> =>
  expect(promise).rejects.toMatchObject({ name: 'VerifyError', code });

test.skipIf(hasXz)('xz is not on this machine: .ko.xz is not tested', () => undefined);

describe.each(forms)('a module in %s', (name, compress) => {
  const file = compress(signed) ?? new Uint8Array();

  test('is opened, verified and given out as the kernel wants it', async () => {
    const module = await verifyModule(file, { trust, sha256: null });
    expect(module.compression).toBe(name);
    expect(module.size).toBe(file.length);
    expect(module.toBytes()).toEqual(signed);
    expect((await inspectModule(file)).signature?.signers).toHaveLength(1);
  });

  test('that expands past the limit is refused', async () => {
    await refused(verifyModule(file, { trust, sha256: null, maxBytes: signed.length - 1 }), 'TOO_LARGE');
    await verifyModule(file, { trust, sha256: null, maxBytes: signed.length });
  });

  test('that is a bomb is refused', async () => {
    const bomb = compress(new Uint8Array(64 * 1024 * 1024)) ?? new Uint8Array();
    expect(bomb.length).toBeLessThan(100_000);
    await refused(verifyModule(bomb, { trust, sha256: null, maxBytes: 1024 * 1024 }), 'TOO_LARGE');
  });

  test('that is cut short or damaged is refused', async () => {
    await refused(verifyModule(file.subarray(0, file.length / 2), { trust, sha256: null }), 'MALFORMED_COMPRESSION');
    await refused(verifyModule(file.subarray(0, 8), { trust, sha256: null }), 'MALFORMED_COMPRESSION');
    const damaged = file.slice();
    damaged[file.length >> 1] = (damaged[file.length >> 1] ?? 0) ^ 0x10;
    await expect(verifyModule(damaged, { trust, sha256: null })).rejects.toMatchObject({ name: 'VerifyError' });
  });

  test('signed after its compression is unsigned to the kernel, and is refused', async () => {
    await refused(signTestModule(file, authority), 'INVALID_OPTION');
  });
});

describe('a zstd stream', () => {
  const file = new Uint8Array(zstdCompressSync(signed));
  const verify = (bytes: Uint8Array): Promise<unknown> => verifyModule(bytes, { trust, sha256: null });
  /** A frame with a window of this descriptor and one empty last block. */
  const empty = (descriptor: number, ...more: number[]): Uint8Array =>
    Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, descriptor, 1, 0, 0, ...more);

  test('that asks for a window of gigabytes is refused before it gets one', () =>
    refused(verify(empty(0xa8)), 'TOO_LARGE'));
  test('that asks for a window as zstd -19 does is opened', () => refused(verify(empty(0x68)), 'UNSIGNED'));
  test('that goes on behind its frame is refused', async () => {
    await refused(verify(concat(file, file)), 'MALFORMED_COMPRESSION');
    await refused(verify(concat(file, Uint8Array.of(0))), 'MALFORMED_COMPRESSION');
  });
  test('that states a length over the limit is refused', async () => {
    const stated = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0);
    await refused(verify(stated), 'TOO_LARGE');
  });
  test('that needs a dictionary, has reserved bits, or a block of no type is refused', async () => {
    for (const [offset, value] of [
      [4, 1],
      [4, 8],
      [6, 7],
    ] as const) {
      const bytes = empty(0x68);
      bytes[offset] = value;
      await refused(verify(bytes), 'MALFORMED_COMPRESSION');
    }
  });
  test('is walked to its end, wherever it is cut', async () => {
    for (let length = 4; length < file.length; length += 7)
      await refused(verify(file.subarray(0, length)), 'MALFORMED_COMPRESSION');
  });
  test.runIf(tool('zstd', ['-19', '-c'], signed) !== undefined)('of the zstd program is opened', async () => {
    for (const argv of [['-1'], ['-19'], ['--ultra', '-22', `--stream-size=${signed.length}`], ['--no-check']])
      await verify(tool('zstd', [...argv, '-c'], signed) ?? file);
  });
});

describe('without Node', () => {
  test('gzip is opened as well, within the limit', async () => {
    expect(new Uint8Array(await expandGzip(gzipSync(signed), signed.length))).toEqual(signed);
    await refused(expandGzip(gzipSync(signed), signed.length - 1), 'TOO_LARGE');
  });
});
