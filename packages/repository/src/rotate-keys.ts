import { emptyBlocklist, parseBlocklist } from '@klpkit/blocklist';
import { lifetime, readBlocklist, readLifts, writeBlocklist } from './block-release.ts';
import { binDelegations, type RepositoryKeys, rootOf, topDelegations } from './trust-tree.ts';
import { encodeDocument } from './documents.ts';
import { RepositoryError } from './error.ts';
import { liftsTarget, metadataPath } from './layout.ts';
import { expiryOf, type RoleKeys, type SignedRoot, signMetadata, specVersion } from './metadata.ts';
import {
  publish,
  type PublishedVersions,
  type Publisher,
  type PublisherOptions,
  type Transaction,
} from './publisher.ts';
import { binNames, defaultLifetimesMs } from './role.ts';

/** How far a rotation goes. */
export interface RotateOptions {
  /**
   * After a theft of the blocklist's key: begins a new epoch, in which only these entries of the present list stand. What the thief
   * had blocked is gone, though versions only rise.
   */
  readonly newEpoch?: { readonly keepReleases: readonly string[] };
}

/**
 * Replaces keys: a new root, signed by enough of the old root keys and of the new ones, and every role signed anew by its keys. Needs
 * all of them at hand. Rotating `snapshot` and `timestamp` is what recovers machines that were shown versions from the far future
 * (fast-forward attack; TUF specification, section 5.3.11).
 *
 * @returns the new root's bytes, for machines that are set up from now on
 * @throws RepositoryError `MISSING_KEYS`, `LOCKED`, `IO`
 * @example
 * ```ts
 * import { rotateKeys, type Publisher, type RepositoryKeys } from '@klpkit/repository';
 *
 * export const afterTheft = (publisher: Publisher, keys: RepositoryKeys) =>
 *   rotateKeys(publisher, keys, { newEpoch: { keepReleases: ['cve-2024-1086-2'] } });
 * ```
 */
export async function rotateKeys(
  publisher: Publisher,
  keys: RepositoryKeys,
  options: RotateOptions = {},
): Promise<{ readonly root: Uint8Array; readonly versions: PublishedVersions }> {
  return publish(publisher, async (transaction) => {
    const root = await replaceRoot(transaction, keys, publisher.options);
    await transaction.touch('targets', { delegations: topDelegations(keys) });
    for (const role of ['releases', 'rollout'] as const) {
      await transaction.touch(role, { delegations: binDelegations(role, keys[role]) });
      for (const bin of binNames(role)) await transaction.touch(bin);
    }
    for (const role of ['lifted', 'blocklist']) await transaction.touch(role);
    if (options.newEpoch !== undefined) await beginEpoch(transaction, publisher, options.newEpoch.keepReleases);
    return { root };
  });
}

async function replaceRoot(
  transaction: Transaction,
  keys: RepositoryKeys,
  { signers, lifetimesMs }: PublisherOptions,
): Promise<Uint8Array> {
  const before = transaction.state.root;
  const version = before.version + 1;
  const expires = expiryOf(transaction.now, lifetimesMs?.root ?? defaultLifetimesMs.root);
  const root = rootOf(keys, { version, spec_version: specVersion, expires });
  const bytes = await signMetadata(
    root,
    'root',
    bothThresholds(
      before,
      root,
      signers.map(({ keyId }) => keyId),
    ),
    signers,
  );
  transaction.setRoot(root, { path: metadataPath('root', version), bytes });
  return bytes;
}

// A client that knows the old root wants the old threshold met, one that knows the new root the new one (section 5.3.4).
function bothThresholds(before: SignedRoot, after: SignedRoot, atHand: readonly string[]): RoleKeys {
  for (const [which, { keyids, threshold }] of [
    ['old', before.roles.root],
    ['new', after.roles.root],
  ] as const) {
    const present = keyids.filter((keyId) => atHand.includes(keyId)).length;
    if (present < threshold) {
      throw new RepositoryError(
        'MISSING_KEYS',
        `The ${which} root needs ${threshold} of its keys, ${present} are at hand: bring the others.`,
        { subject: 'root' },
      );
    }
  }
  const keyids = [...new Set([...before.roles.root.keyids, ...after.roles.root.keyids])];
  return { keyids, threshold: after.roles.root.threshold };
}

async function beginEpoch(
  transaction: Transaction,
  publisher: Publisher,
  keepReleases: readonly string[],
): Promise<void> {
  const old = await readBlocklist(transaction);
  const epoch = old.epoch + 1;
  const fresh = emptyBlocklist(Math.max(transaction.now, old.issued), { ...lifetime(publisher), epoch });
  const entries = old.entries.filter(({ release }) => keepReleases.includes(release));
  await writeBlocklist(transaction, parseBlocklist({ ...fresh, entries }));
  const lifts = await readLifts(transaction);
  await transaction.write('lifted', liftsTarget, encodeDocument({ ...lifts, epoch, version: lifts.version + 1 }));
}
