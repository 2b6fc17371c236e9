import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Release } from '@klpkit/release';
import { bounded } from './bounded-read.ts';
import { isRepositoryError, RepositoryError } from './error.ts';
import { payloadPath } from './layout.ts';
import type { Mirror } from './mirror.ts';

/** Where a payload goes. */
export interface FetchPayloadOptions {
  /** Appears when the whole payload is there and its digest holds; until then `FILE.part`, mode 0600. */
  readonly file: string;
  readonly signal?: AbortSignal;
}

/** Downloads from one mirror. Memory is constant; what an earlier attempt left in `FILE.part` is hashed and gone on from. */
export async function fetchPayload(
  mirror: Mirror,
  release: Pick<Release, 'sha256' | 'size'>,
  { file, signal, minBytesPerSecond }: FetchPayloadOptions & { readonly minBytesPerSecond: number },
): Promise<void> {
  const part = `${file}.part`;
  const abort = signal === undefined ? {} : { signal };
  const { hash, offset } = await resume(part, release.size);
  const path = payloadPath(release.sha256);
  const body = offset === release.size ? emptyBody() : await mirror.open(path, { offset, ...abort });
  if (body === undefined)
    throw new RepositoryError('UNREACHABLE', `${mirror.name} does not have ${path}: try another mirror.`, {
      subject: path,
    });
  const bounds = { maxBytes: release.size - offset, subject: `${mirror.name}: ${path}`, minBytesPerSecond, ...abort };
  try {
    await append(part, hash, bounded(body, bounds));
  } catch (error) {
    // What is too long is not our payload: an attempt on another mirror begins anew.
    if (isRepositoryError(error, 'TOO_LARGE')) await rm(part, { force: true });
    throw error;
  }
  await finish(part, file, hash, release, mirror);
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {
  // Everything is here already; only the digest is still to be compared.
}

async function resume(part: string, size: number): Promise<{ readonly hash: Hash; readonly offset: number }> {
  const hash = createHash('sha256');
  try {
    const kept = (await stat(part)).size;
    if (kept > size) {
      await rm(part);
      return { hash, offset: 0 };
    }
    for await (const chunk of createReadStream(part, { highWaterMark: 1_048_576 })) hash.update(chunk as Uint8Array);
    return { hash, offset: kept };
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')
      return { hash: createHash('sha256'), offset: 0 };
    throw ioError(part, cause);
  }
}

async function append(part: string, hash: Hash, body: AsyncIterable<Uint8Array>): Promise<void> {
  await using handle = await openPart(part);
  for await (const chunk of body) {
    hash.update(chunk);
    await handle.write(chunk).catch((cause: unknown) => {
      throw ioError(part, cause);
    });
  }
  await handle.sync();
}

async function openPart(part: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(part), { recursive: true, mode: 0o700 });
    return await open(part, 'a', 0o600);
  } catch (cause) {
    throw ioError(part, cause);
  }
}

async function finish(
  part: string,
  file: string,
  hash: Hash,
  release: Pick<Release, 'sha256' | 'size'>,
  mirror: Mirror,
): Promise<void> {
  const { size } = await stat(part);
  if (size < release.size) {
    throw new RepositoryError(
      'UNREACHABLE',
      `${mirror.name} ended after ${size} of ${release.size} bytes: try again, it goes on from there.`,
      { subject: file },
    );
  }
  if (hash.digest('hex') !== release.sha256) {
    await rm(part, { force: true });
    throw new RepositoryError(
      'DIGEST_MISMATCH',
      `${mirror.name} serves other bytes than release ${release.sha256}: nothing was kept. Try another mirror and tell the publisher.`,
      { subject: file },
    );
  }
  await rename(part, file);
}

function ioError(file: string, cause: unknown): RepositoryError {
  return new RepositoryError('IO', `${file} cannot be written: check its folder and the free space.`, {
    subject: file,
    cause,
  });
}
