import { type Blocklist, emptyBlocklist, type Lifts } from '@klpkit/blocklist';
import { encodeDocument } from './documents.ts';
import { RepositoryError } from './error.ts';
import { blocklistTarget, liftsTarget, metadataPath, targetPath, timestampPath } from './layout.ts';
import { expiryOf, type SignedTargets, signMetadata, specVersion } from './metadata.ts';
import { type PublisherOptions, withPublisherLock } from './publisher.ts';
import { binNames, defaultLifetimesMs, type RepositoryRole, repositoryRoles } from './role.ts';
import type { RepositoryStore } from './store.ts';
import { binDelegations, type RepositoryKeys, roleKeys, rootOf, topDelegations } from './trust-tree.ts';
import { type PendingFile, signTopOfTree, targetMeta } from './write-metadata.ts';

/**
 * Makes an empty repository in a store: root, roles, bins, an empty blocklist. Needs the keys of every role at hand, once.
 *
 * @returns the bytes of `1.root.json`, which machines are given as their root of trust
 * @throws RepositoryError `ALREADY_A_REPOSITORY`, `BAD_KEY`, `MISSING_KEYS`, `LOCKED`, `IO`
 * @example
 * ```ts
 * import { createFolderStore, createRepository, generateSigner, repositoryRoles, type RepositoryKeys } from '@klpkit/repository';
 *
 * const made = repositoryRoles.map((role) => ({ role, ...generateSigner() }));
 * const keys = Object.fromEntries(made.map(({ role, signer }) => [role, { keys: [signer], threshold: 1 }])) as unknown as RepositoryKeys;
 * const root = await createRepository(createFolderStore('/srv/klp'), { keys, signers: made.map(({ signer }) => signer) });
 * ```
 */
export async function createRepository(
  store: RepositoryStore,
  options: PublisherOptions & { readonly keys: RepositoryKeys },
): Promise<Uint8Array> {
  checkKeys(options.keys);
  return withPublisherLock(store, options, async () => {
    if (await store.has(timestampPath, options)) {
      throw new RepositoryError(
        'ALREADY_A_REPOSITORY',
        'There is a repository here already: choose another place, or publish to this one.',
      );
    }
    return writeAll(store, options);
  });
}

async function writeAll(
  store: RepositoryStore,
  options: PublisherOptions & { readonly keys: RepositoryKeys },
): Promise<Uint8Array> {
  const now = (options.clock ?? Date.now)();
  const lifetimes = { ...defaultLifetimesMs, ...options.lifetimesMs };
  const head = (role: RepositoryRole) => ({
    version: 1,
    spec_version: specVersion,
    expires: expiryOf(now, lifetimes[role]),
  });
  const root = rootOf(options.keys, head('root'));
  const rootBytes = await signMetadata(root, 'root', roleKeys(options.keys.root), options.signers);
  const files: PendingFile[] = [{ path: metadataPath('root', 1), bytes: rootBytes }];
  const roles = firstRoles(options.keys, emptyBlocklist(now, { lifetimeMs: lifetimes.blocklist }));
  for (const { name, role, target, ...part } of roles) {
    const signed: SignedTargets = { _type: 'targets', ...head(role), ...part };
    const bytes = await signMetadata(signed, name, roleKeys(options.keys[role]), options.signers);
    if (target !== undefined) files.push(target);
    files.push({ path: metadataPath(name, 1), bytes });
  }
  const versions = Object.fromEntries(roles.map(({ name }) => [name, 1]));
  const top = { versions, snapshotVersion: 1, timestampVersion: 1, root, now, lifetimes };
  files.push(...(await signTopOfTree(top, options.signers)));
  for (const { path, bytes } of files) await store.put(path, bytes, options);
  return rootBytes;
}

interface FirstRole extends Pick<SignedTargets, 'targets' | 'delegations'> {
  readonly name: string;
  readonly role: RepositoryRole;
  readonly target?: PendingFile;
}

// Empty bins are written too: a client that finds its bin missing could not tell that from one that was taken away.
function firstRoles(keys: RepositoryKeys, blocklist: Blocklist): readonly FirstRole[] {
  const lifts: Lifts = { type: 'blocklist-lifts', spec: 1, epoch: blocklist.epoch, version: 1, entries: [] };
  const binned = (['releases', 'rollout'] as const).flatMap((role): FirstRole[] => [
    ...binNames(role).map((name) => ({ name, role, targets: {} })),
    { name: role, role, targets: {}, delegations: binDelegations(role, keys[role]) },
  ]);
  const single = (role: 'blocklist' | 'lifted', path: string, document: object): FirstRole => {
    const bytes = encodeDocument(document);
    const { hashes, length } = targetMeta(bytes);
    return {
      name: role,
      role,
      targets: { [path]: { hashes, length } },
      target: { path: targetPath(path, hashes.sha256), bytes },
    };
  };
  return [
    ...binned,
    single('lifted', liftsTarget, lifts),
    single('blocklist', blocklistTarget, blocklist),
    { name: 'targets', role: 'targets', targets: {}, delegations: topDelegations(keys) },
  ];
}

function checkKeys(keys: RepositoryKeys): void {
  for (const role of repositoryRoles) {
    const { keys: own, threshold } = keys[role];
    const distinct = new Set(own.map(({ keyId }) => keyId)).size;
    if (distinct !== own.length || !Number.isInteger(threshold) || threshold < 1 || threshold > distinct) {
      throw new RepositoryError(
        'BAD_KEY',
        `Role ${role} has ${distinct} different keys and a threshold of ${threshold}: give it at least as many keys.`,
        { subject: role },
      );
    }
  }
}
