import { metadataPath, sha256Hex, targetPath } from './layout.ts';
import { expiryOf, type SignedTargets, signMetadata, specVersion, type TargetMeta } from './metadata.ts';
import { keysOf, type PublisherState, readRole, readState, readTarget } from './publisher-state.ts';
import { defaultLifetimesMs, type RoleLifetimes, roleOfMetadata } from './role.ts';
import type { RepositorySigner } from './signer.ts';
import type { RepositoryStore, StoreOptions } from './store.ts';
import { type PendingFile, signTopOfTree, targetMeta } from './write-metadata.ts';

/** What a publisher works with. */
export interface PublisherOptions extends StoreOptions {
  /** The keys at hand. Each act says which roles it needs; `refresh`, `setRollout` and `block` need online ones only. */
  readonly signers: readonly RepositorySigner[];
  /** Epoch ms; the system's clock where absent. */
  readonly clock?: () => number;
  /** Lifetimes that differ from `defaultLifetimesMs`. */
  readonly lifetimesMs?: Partial<RoleLifetimes>;
}

/** An open repository, to be published to. */
export interface Publisher {
  readonly store: RepositoryStore;
  readonly options: PublisherOptions;
}

/** Versions after an act: of every role but the bins that did not change. */
export interface PublishedVersions {
  readonly root: number;
  readonly snapshot: number;
  readonly timestamp: number;
  readonly [role: string]: number;
}

/** Changes that are made together: all of them are seen by readers, or none. */
export interface Transaction {
  readonly state: PublisherState;
  /** Epoch ms; one time for the whole act. */
  readonly now: number;
  /** A target's bytes, with the changes made so far. */
  readonly read: (role: string, target: string) => Promise<Uint8Array | undefined>;
  /** Replaces a target. */
  readonly write: (role: string, target: string, bytes: Uint8Array, custom?: TargetMeta['custom']) => Promise<void>;
  /** A role's metadata, with the changes made so far. */
  readonly role: (role: string) => Promise<SignedTargets>;
  /** Has a role signed anew without a change, with other delegations where given. */
  readonly touch: (role: string, change?: Pick<SignedTargets, 'delegations'>) => Promise<void>;
  /** Writes a file beside the metadata, before it. */
  readonly attach: (file: PendingFile) => void;
  /** Replaces the root. */
  readonly setRoot: (root: PublisherState['root'], signed: PendingFile) => void;
}

/**
 * Opens a repository for publishing.
 *
 * @throws RepositoryError `NOT_A_REPOSITORY`, `MALFORMED`, `IO`
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { createFolderStore, openPublisher, refresh, signerFromPem } from '@klpkit/repository';
 *
 * const signers = [signerFromPem(await readFile('keys/snapshot.pem', 'utf8')), signerFromPem(await readFile('keys/timestamp.pem', 'utf8'))];
 * const publisher = await openPublisher(createFolderStore('/srv/klp'), { signers });
 * await refresh(publisher);
 * ```
 */
export async function openPublisher(store: RepositoryStore, options: PublisherOptions): Promise<Publisher> {
  await readState(store, options);
  return { store, options };
}

/** Runs while no other publisher does. */
export async function withPublisherLock<T>(
  store: RepositoryStore,
  options: StoreOptions,
  act: () => Promise<T>,
): Promise<T> {
  options.signal?.throwIfAborted();
  const lock = await store.lock(options);
  try {
    return await act();
  } finally {
    await lock.release();
  }
}

/**
 * Runs an act under the lock and publishes what it changed. Everything is signed before anything is written, so that a missing key
 * leaves the repository as it was.
 */
export async function publish<T>(
  publisher: Publisher,
  act: (transaction: Transaction) => Promise<T>,
): Promise<T & { readonly versions: PublishedVersions }> {
  const { store, options } = publisher;
  return withPublisherLock(store, options, async () => {
    const state = await readState(store, options);
    const pending = createPending(store, state, options);
    const result = await act(pending.transaction);
    return { ...result, versions: await commit(publisher, pending) };
  });
}

interface Pending {
  readonly transaction: Transaction;
  readonly roles: ReadonlyMap<string, SignedTargets>;
  readonly files: readonly PendingFile[];
  readonly current: () => PublisherState;
}

function createPending(store: RepositoryStore, initial: PublisherState, options: PublisherOptions): Pending {
  let state = initial;
  const roles = new Map<string, SignedTargets>();
  const files: PendingFile[] = [];
  const written = new Map<string, Uint8Array>();
  const load = async (role: string) => roles.get(role) ?? (await readRole(store, state.snapshot, role, options));
  const transaction: Transaction = {
    get state() {
      return state;
    },
    now: (options.clock ?? Date.now)(),
    read: async (role, target) => written.get(target) ?? readTarget(store, await load(role), target, options),
    role: load,
    write: async (role, target, bytes, custom) => {
      const before = await load(role);
      const meta = custom === undefined ? targetMeta(bytes) : { ...targetMeta(bytes), custom };
      roles.set(role, { ...before, targets: { ...before.targets, [target]: meta } });
      files.push({ path: targetPath(target, sha256Hex(bytes)), bytes });
      written.set(target, bytes);
    },
    touch: async (role, change = {}) => {
      const next = { ...(await load(role)), ...change };
      roles.set(role, next);
      if (role === 'targets') state = { ...state, targets: next };
    },
    attach: (file) => files.push(file),
    setRoot: (root, signed) => {
      state = { ...state, root };
      files.push(signed);
    },
  };
  return { transaction, roles, files, current: () => state };
}

async function commit({ store, options }: Publisher, pending: Pending): Promise<PublishedVersions> {
  const { now } = pending.transaction;
  const state = pending.current();
  const lifetimes = { ...defaultLifetimesMs, ...options.lifetimesMs };
  const versions = Object.fromEntries(
    Object.entries(state.snapshot.meta).map(([file, { version }]) => [file.replace(/\.json$/, ''), version]),
  );
  const signed: PendingFile[] = [];
  for (const [name, role] of pending.roles) {
    const version = (versions[name] ?? 0) + 1;
    const expires = expiryOf(now, lifetimes[roleOfMetadata(name)]);
    const bytes = await signMetadata(
      { ...role, version, spec_version: specVersion, expires },
      name,
      keysOf(state, name),
      options.signers,
    );
    signed.push({ path: metadataPath(name, version), bytes });
    versions[name] = version;
  }
  const snapshotVersion = state.snapshot.version + 1;
  const timestampVersion = state.timestamp.version + 1;
  const top = await signTopOfTree(
    { versions, snapshotVersion, timestampVersion, root: state.root, now, lifetimes },
    options.signers,
  );
  for (const { path, bytes } of [...pending.files, ...signed, ...top]) await store.put(path, bytes, options);
  const changed = Object.fromEntries(
    Object.entries(versions).filter(([name]) => pending.roles.has(name) || !/-[0-9a-f]{2}$/.test(name)),
  );
  return { ...changed, root: state.root.version, snapshot: snapshotVersion, timestamp: timestampVersion };
}
