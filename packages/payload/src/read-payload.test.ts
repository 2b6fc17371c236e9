import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder } from '@klpkit-internal/testkit';
import { assert, asyncProperty, integer } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkedChunks, digestPayload, fileSource, isVerifyError, readPayload } from './index.ts';

const bytes = new Uint8Array(randomBytes(300_000));
const sha256 = createHash('sha256').update(bytes).digest('hex');

async function* pieces(size: number, taken: { count: number } = { count: 0 }): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    taken.count++;
    yield bytes.subarray(at, at + size);
  }
}

function webStream(size: number, onCancel?: () => void): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
    },
    ...(onCancel === undefined ? {} : { cancel: onCancel }),
  });
}

describe('a source', () => {
  test('of pieces of any size gives its bytes and its digest', async () => {
    await assert(
      asyncProperty(integer({ min: 1000, max: 400_000 }), async (size) => {
        expect(await readPayload(pieces(size), { sha256 })).toEqual(bytes);
        expect(await digestPayload(pieces(size))).toEqual({ sha256, size: bytes.length });
      }),
      { numRuns: 20 },
    );
  });

  test('may be a web stream, also one that cannot be iterated', async () => {
    expect(await readPayload(webStream(1000), { sha256 })).toEqual(bytes);
    const stream = webStream(7777);
    const plain = { getReader: () => stream.getReader() } as ReadableStream<Uint8Array>;
    expect(await readPayload(plain, { sha256 })).toEqual(bytes);
  });

  test('may be a file', async () => {
    await using folder = await tempFolder();
    const path = join(folder.path, 'module.ko');
    await writeFile(path, bytes);
    expect(await digestPayload(fileSource(path))).toEqual({ sha256, size: bytes.length });
    await expect(digestPayload(fileSource(join(folder.path, 'absent')))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('gives an array that verifyModule can take over', async () => {
    const read = await readPayload(pieces(999), { sha256: null });
    expect(read.byteLength).toBe(read.buffer.byteLength);
  });

  test('that is empty is empty', async () => {
    const empty = async function* (): AsyncGenerator<Uint8Array> {};
    expect(await digestPayload(empty())).toEqual({ sha256: createHash('sha256').digest('hex'), size: 0 });
  });
});

describe('a source is refused', () => {
  test('at the first byte over the limit, without reading on', async () => {
    const taken = { count: 0 };
    await expect(digestPayload(pieces(1000, taken), { sha256: null, maxBytes: 10_000 })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    expect(taken.count).toBe(11);
    await digestPayload(pieces(1000), { sha256: null, maxBytes: bytes.length });
  });

  test('after its last byte where the digest is another', async () => {
    await expect(readPayload(pieces(1000), { sha256: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    });
  });

  test('before its first byte where the digest is none', async () => {
    const taken = { count: 0 };
    await expect(readPayload(pieces(1000, taken), { sha256: 'x' })).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(taken.count).toBe(0);
  });

  test('where it is none', async () => {
    await expect(digestPayload({} as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
  });

  test('with its own error untouched', async () => {
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes;
      throw new TypeError('connection reset');
    };
    const error: unknown = await digestPayload(broken()).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TypeError);
    expect(isVerifyError(error)).toBe(false);
  });
});

describe('stopping', () => {
  test('by signal while nothing arrives', async () => {
    const controller = new AbortController();
    const hanging = new ReadableStream<Uint8Array>({ pull: () => new Promise<void>(() => undefined) });
    const reading = readPayload(hanging, { sha256: null, signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });

  test('by break cancels the download', async () => {
    let cancelled = false;
    for await (const chunk of checkedChunks(
      webStream(1000, () => void (cancelled = true)),
      { sha256: null },
    )) {
      expect(chunk.length).toBe(1000);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(cancelled).toBe(true);
  });
});
