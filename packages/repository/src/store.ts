/**
 * Where a repository's files lie: the publisher's side. A port: `createFolderStore` and `createS3Store` pass the same compliance kit.
 *
 * Paths are relative, with `/`, and made by this package alone. Every file but `metadata/timestamp.json` is written once under a name
 * that says its version or digest; a reader that begins at the timestamp therefore never sees a half-published state, if `put` is atomic.
 */
export interface RepositoryStore {
  /** The file's bytes, or `undefined` when there is none. Refuses more than `maxBytes` with `TOO_LARGE`. */
  readonly get: (path: string, options: StoreReadOptions) => Promise<Uint8Array | undefined>;
  /** Whether there is such a file, without reading it. */
  readonly has: (path: string, options?: StoreOptions) => Promise<boolean>;
  /** Writes the whole file or nothing: a reader sees the old bytes or the new ones. */
  readonly put: (path: string, bytes: Uint8Array, options?: StoreOptions) => Promise<void>;
  /** Takes the publisher's lock, or throws `LOCKED`. */
  readonly lock: (options?: StoreOptions) => Promise<StoreLock>;
}

/** Options of every store operation. */
export interface StoreOptions {
  readonly signal?: AbortSignal;
}

/** Options of a read. */
export interface StoreReadOptions extends StoreOptions {
  /** Refuse a longer file. */
  readonly maxBytes: number;
}

/** The right to publish. */
export interface StoreLock {
  /** Gives it back. */
  readonly release: () => Promise<void>;
}
