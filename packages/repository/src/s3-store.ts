import { randomUUID } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { defaultMinBytesPerSecond, readAll } from './bounded-read.ts';
import { RepositoryError } from './error.ts';
import { timestampPath } from './layout.ts';
import type { RepositoryStore, StoreLock, StoreOptions, StoreReadOptions } from './store.ts';

/** Where in S3. */
export interface S3StoreOptions {
  /** The caller's client: region, endpoint and credentials are its. */
  readonly client: S3Client;
  readonly bucket: string;
  /** Begins every key, with a `/` at its end; the bucket's root where absent. */
  readonly prefix?: string;
}

const lockName = 'publisher.lock';

/**
 * A store in an S3-compatible bucket. Objects are written whole, as S3 does; all but the timestamp may be cached for ever.
 *
 * The lock is an object written with `If-None-Match: *`. A server that ignores the condition (some test servers do) is asked again which
 * of two publishers it kept, which leaves a window of one round trip: publish from one place there.
 *
 * @example
 * ```ts
 * import { S3Client } from '@aws-sdk/client-s3';
 * import { createS3Store } from '@klpkit/repository/s3';
 *
 * const store = createS3Store({ client: new S3Client({ region: 'eu-central-1' }), bucket: 'klp', prefix: 'repository/' });
 * ```
 */
export function createS3Store(options: S3StoreOptions): RepositoryStore {
  const at = (path: string) => ({ Bucket: options.bucket, Key: `${options.prefix ?? ''}${path}` });
  const { client } = options;
  return {
    get: (path, read) => guard(path, read, () => getObject(client, at(path), path, read)),
    has: (path, own = {}) => guard(path, own, () => hasObject(client, at(path), own)),
    put: (path, bytes, own = {}) =>
      guard(path, own, async () => {
        const CacheControl = path === timestampPath ? 'no-cache' : 'public, max-age=31536000, immutable';
        await client.send(
          new PutObjectCommand({ ...at(path), Body: bytes, ContentLength: bytes.length, CacheControl }),
          abortOf(own),
        );
      }),
    lock: (own = {}) => guard(lockName, own, () => takeLock(client, at(lockName), own)),
  };
}

interface Place {
  readonly Bucket: string;
  readonly Key: string;
}

async function getObject(
  client: S3Client,
  place: Place,
  path: string,
  { maxBytes, ...own }: StoreReadOptions,
): Promise<Uint8Array | undefined> {
  try {
    const { Body } = await client.send(new GetObjectCommand(place), abortOf(own));
    if (Body === undefined) return new Uint8Array();
    const body = Body as AsyncIterable<Uint8Array>; // in Node the SDK's stream is a Readable
    return await readAll(body, { ...own, maxBytes, subject: path, minBytesPerSecond: defaultMinBytesPerSecond });
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

async function hasObject(client: S3Client, place: Place, own: StoreOptions): Promise<boolean> {
  try {
    await client.send(new HeadObjectCommand(place), abortOf(own));
    return true;
  } catch (error) {
    if (isStatus(error, 404)) return false;
    throw error;
  }
}

async function takeLock(client: S3Client, place: Place, own: StoreOptions): Promise<StoreLock> {
  const token = randomUUID();
  const locked = (cause?: unknown) =>
    new RepositoryError(
      'LOCKED',
      `Somebody else is publishing here: wait, or delete ${place.Key} when no publisher runs.`,
      { subject: place.Key, cause },
    );
  if (await hasObject(client, place, own)) throw locked();
  try {
    await client.send(new PutObjectCommand({ ...place, Body: token, IfNoneMatch: '*' }), abortOf(own));
  } catch (error) {
    if (isStatus(error, 412) || isStatus(error, 409)) throw locked(error);
    throw error;
  }
  const kept = await getObject(client, place, place.Key, { ...own, maxBytes: 64 });
  if (new TextDecoder().decode(kept) !== token) throw locked();
  return {
    release: async () => {
      await client.send(new DeleteObjectCommand(place));
    },
  };
}

function abortOf({ signal }: StoreOptions): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function isStatus(error: unknown, status: number): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === status;
}

async function guard<T>(path: string, { signal }: StoreOptions, act: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await act();
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof RepositoryError) throw cause;
    const why = cause instanceof Error ? cause.name : 'unknown error';
    throw new RepositoryError(
      'IO',
      `The bucket does not do what is asked for ${path} (${why}): check endpoint, credentials and policy.`,
      { subject: path, cause },
    );
  }
}
