import { readFile, mkdir, writeFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { Updater } from 'tuf-js';
// Not exported by the package's index, though its own root loader tells "no newer root" by this very class.
import { DownloadHTTPError, ExpiredMetadataError } from 'tuf-js/dist/error.js';
import { readAll } from './bounded-read.ts';
import { maxDocumentBytes } from './documents.ts';
import { isRepositoryError, RepositoryError } from './error.ts';
import { targetPath } from './layout.ts';
import type { Mirror } from './mirror.ts';

/** How metadata is read. */
export interface RefreshOptions {
  /** Where trusted metadata is kept between runs: what protects from rollback. */
  readonly metadataFolder: string;
  /** Bytes of a root that this machine was given. */
  readonly trustedRoot: Uint8Array;
  readonly minBytesPerSecond: number;
  readonly signal?: AbortSignal;
}

/** One mirror's metadata, verified: its targets can be read. */
export interface FreshMetadata {
  readonly mirror: Mirror;
  /** A target's bytes, verified, or `undefined` when no role lists it. */
  readonly read: (target: string) => Promise<Uint8Array | undefined>;
}

// tuf-js makes its addresses from one base; ours is only a place-holder that the fetcher takes off again.
const base = 'https://repository.invalid/';

/** A few hundred roles' versions are 64 KiB; these bounds leave room and still end endless data early. */
const config = {
  rootMaxLength: 262_144,
  timestampMaxLength: 16_384,
  snapshotMaxLength: 262_144,
  targetsMaxLength: 2_097_152,
  maxRootRotations: 256,
};

/**
 * Runs TUF's client workflow (specification, section 5) against one mirror.
 *
 * @throws RepositoryError `UNREACHABLE`, `TOO_SLOW`, `TOO_LARGE`, `UNTRUSTED`, `EXPIRED`, `IO`
 */
export async function refreshMetadata(mirror: Mirror, options: RefreshOptions): Promise<FreshMetadata> {
  await placeRoot(options);
  const transport = createTransport(mirror, options);
  const guard = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (cause) {
      options.signal?.throwIfAborted();
      throw transport.failure() ?? explainRefusal(mirror, transport.lastServed(), cause);
    }
  };
  const updater = await guard(() =>
    Promise.resolve(
      new Updater({
        metadataDir: options.metadataFolder,
        metadataBaseUrl: `${base}metadata`,
        fetcher: transport.fetcher,
        config,
      }),
    ),
  );
  await guard(() => updater.refresh());
  const read = (target: string) =>
    guard(async () => {
      const info = await updater.getTargetInfo(target);
      if (info === undefined) return undefined;
      const bytes = await transport.bytes(
        targetPath(target, info.hashes.sha256 ?? ''),
        Math.min(info.length, maxDocumentBytes),
      );
      await info.verify(Readable.from([bytes]));
      return bytes;
    });
  return { mirror, read };
}

interface Transport {
  readonly fetcher: { downloadBytes(url: string, maxLength: number): Promise<Buffer>; downloadFile(): Promise<never> };
  readonly bytes: (path: string, maxBytes: number) => Promise<Buffer<ArrayBuffer>>;
  /** What the mirror itself did wrong last, if it was that: tuf-js wraps errors in text and loses their type. */
  readonly failure: () => RepositoryError | undefined;
  readonly lastServed: () => { readonly path: string; readonly bytes: Uint8Array } | undefined;
}

function createTransport(mirror: Mirror, { minBytesPerSecond, signal }: RefreshOptions): Transport {
  let failed: RepositoryError | undefined;
  let served: { path: string; bytes: Uint8Array } | undefined;
  const bytes = async (path: string, maxBytes: number) => {
    const abort = signal === undefined ? {} : { signal };
    try {
      const body = await mirror.open(path, abort);
      if (body === undefined) throw new DownloadHTTPError(`${path} is not there`, 404);
      const read = await readAll(body, { maxBytes, subject: `${mirror.name}: ${path}`, minBytesPerSecond, ...abort });
      served = { path, bytes: read };
      return read;
    } catch (error) {
      failed = isRepositoryError(error) ? error : undefined;
      throw error;
    }
  };
  return {
    bytes,
    fetcher: {
      downloadBytes: (url, maxLength) => bytes(decodeURIComponent(url.slice(base.length)), maxLength),
      downloadFile: () => Promise.reject(new Error('targets are read by refreshMetadata itself')),
    },
    failure: () => failed,
    lastServed: () => served,
  };
}

function explainRefusal(mirror: Mirror, served: ReturnType<Transport['lastServed']>, cause: unknown): RepositoryError {
  const subject = mirror.name;
  if (cause instanceof ExpiredMetadataError || isExpired(served?.bytes)) {
    return new RepositoryError(
      'EXPIRED',
      `${subject} serves metadata that has expired: it is frozen or forgotten. Try another mirror, check this machine's clock, or have it refreshed.`,
      { subject, cause },
    );
  }
  const detail = cause instanceof Error ? cause.message : 'it does not hold together';
  const where = served === undefined ? '' : ` at ${served.path}`;
  return new RepositoryError(
    'UNTRUSTED',
    `${subject} serves metadata that must not be trusted${where} (${detail}): try another mirror and tell the publisher.`,
    { subject, cause },
  );
}

function isExpired(bytes: Uint8Array | undefined): boolean {
  if (bytes === undefined) return false;
  try {
    const { signed } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { signed?: { expires?: unknown } };
    return typeof signed?.expires === 'string' && Date.parse(signed.expires) < Date.now();
  } catch {
    return false;
  }
}

// The first run places the root that the machine was given. A root file that a power cut left half written is replaced by it as well:
// newer roots are then fetched and checked one by one, as at the first run.
async function placeRoot({ metadataFolder, trustedRoot }: RefreshOptions): Promise<void> {
  const file = join(metadataFolder, 'root.json');
  try {
    await mkdir(metadataFolder, { recursive: true, mode: 0o700 });
    const kept = await readFile(file, 'utf8').catch(() => '');
    if (isJson(kept)) return;
    await writeFile(`${file}.new`, trustedRoot, { mode: 0o600, flush: true });
    await rename(`${file}.new`, file);
  } catch (cause) {
    throw new RepositoryError('IO', `${file} cannot be written: check its folder and the free space.`, {
      subject: file,
      cause,
    });
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
