import { parseJson } from './documents.ts';
import { RepositoryError } from './error.ts';
import { metadataPath, targetPath, timestampPath } from './layout.ts';
import type { RoleKeys, SignedPart, SignedRoot, SignedSnapshot, SignedTargets, SignedTimestamp } from './metadata.ts';
import { roleOfMetadata } from './role.ts';
import type { RepositoryStore, StoreOptions } from './store.ts';

/** What the store says now: the publisher's view of its own repository. */
export interface PublisherState {
  readonly root: SignedRoot;
  readonly timestamp: SignedTimestamp;
  readonly snapshot: SignedSnapshot;
  readonly targets: SignedTargets;
}

const maxMetadataBytes = 8_388_608;

/**
 * Reads the current state. The store is the publisher's own and only what it wrote itself: signatures are checked by clients, structure
 * by whoever uses it.
 *
 * @throws RepositoryError `NOT_A_REPOSITORY`, `MALFORMED`, `IO`
 */
export async function readState(store: RepositoryStore, options: StoreOptions = {}): Promise<PublisherState> {
  const bytes = await store.get(timestampPath, { ...options, maxBytes: maxMetadataBytes });
  if (bytes === undefined) {
    throw new RepositoryError(
      'NOT_A_REPOSITORY',
      'There is no repository here: make one with createRepository ("repo init").',
    );
  }
  const timestamp = signedPart<SignedTimestamp>(bytes, 'timestamp', timestampPath);
  const snapshot = await readSigned<SignedSnapshot>(
    store,
    'snapshot',
    timestamp.meta['snapshot.json'].version,
    'snapshot',
    options,
  );
  const targets = await readRole(store, snapshot, 'targets', options);
  const root = await readNewestRoot(store, options);
  return { root, timestamp, snapshot, targets };
}

/** A targets role's current metadata. */
export async function readRole(
  store: RepositoryStore,
  snapshot: SignedSnapshot,
  name: string,
  options: StoreOptions = {},
): Promise<SignedTargets> {
  const meta = snapshot.meta[`${name}.json`];
  if (meta === undefined)
    throw new RepositoryError('MALFORMED', `The snapshot does not list ${name}: the store is damaged.`, {
      subject: name,
    });
  return readSigned<SignedTargets>(store, name, meta.version, 'targets', options);
}

/** A target's bytes, as the role that lists it says, or `undefined` when it lists none. */
export async function readTarget(
  store: RepositoryStore,
  role: SignedTargets,
  target: string,
  options: StoreOptions = {},
): Promise<Uint8Array | undefined> {
  const meta = role.targets[target];
  if (meta === undefined) return undefined;
  const bytes = await store.get(targetPath(target, meta.hashes.sha256), { ...options, maxBytes: meta.length });
  if (bytes === undefined)
    throw new RepositoryError('MALFORMED', `${target} is listed but not there: the store is damaged.`, {
      subject: target,
    });
  return bytes;
}

/** The keys of the role that signs this metadata. */
export function keysOf(state: Pick<PublisherState, 'root' | 'targets'>, name: string): RoleKeys {
  const role = roleOfMetadata(name);
  if (role === 'root' || role === 'targets' || role === 'snapshot' || role === 'timestamp')
    return state.root.roles[role];
  const delegated = state.targets.delegations?.roles?.find((candidate) => candidate.name === role);
  if (delegated === undefined)
    throw new RepositoryError('MALFORMED', `Nobody signs ${role} here: the store is damaged.`, { subject: role });
  return delegated;
}

async function readNewestRoot(store: RepositoryStore, options: StoreOptions): Promise<SignedRoot> {
  let version = 1;
  while (await store.has(metadataPath('root', version + 1), options)) version += 1;
  return readSigned<SignedRoot>(store, 'root', version, 'root', options);
}

async function readSigned<T extends SignedPart>(
  store: RepositoryStore,
  name: string,
  version: number,
  type: T['_type'],
  options: StoreOptions,
): Promise<T> {
  const path = metadataPath(name, version);
  const bytes = await store.get(path, { ...options, maxBytes: maxMetadataBytes });
  if (bytes === undefined)
    throw new RepositoryError('MALFORMED', `${path} is missing: the store is damaged.`, { subject: path });
  return signedPart<T>(bytes, type, path);
}

function signedPart<T extends SignedPart>(bytes: Uint8Array, type: T['_type'], path: string): T {
  const document = parseJson(bytes, path);
  if (typeof document === 'object' && document !== null && 'signed' in document) {
    const { signed } = document;
    if (typeof signed === 'object' && signed !== null && '_type' in signed) {
      const { _type: found } = signed;
      if (found === type) return signed as T;
    }
  }
  throw new RepositoryError('MALFORMED', `${path} is no ${type} metadata: the store is damaged.`, { subject: path });
}
