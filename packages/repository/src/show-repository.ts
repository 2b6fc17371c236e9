import { type Blocklist, parseBlocklist } from '@klpkit/blocklist';
import { type EndOfLifeNotice, type Release, releaseKey } from '@klpkit/release';
import type { Rollout } from '@klpkit/rollout';
import { parseJson, parseKernelReleases, parseKernelRollouts } from './documents.ts';
import { RepositoryError } from './error.ts';
import { blocklistTarget } from './layout.ts';
import type { SignedSnapshot } from './metadata.ts';
import type { PublishedVersions, Publisher } from './publisher.ts';
import { type PublisherState, readRole, readState, readTarget } from './publisher-state.ts';
import { binNames, type BinnedRole } from './role.ts';

/** One release and how far it is. */
export interface ShownRelease {
  /** The release's key. */
  readonly key: string;
  readonly release: Release;
  /** `null`: not handed out yet. */
  readonly rollout: Rollout | null;
}

/** All that a repository publishes. */
export interface RepositoryContents {
  readonly versions: PublishedVersions;
  readonly releases: readonly ShownRelease[];
  readonly endOfLife: readonly EndOfLifeNotice[];
  readonly blocklist: Blocklist;
  /** When each of TUF's top roles expires, epoch ms. */
  readonly expires: {
    readonly root: number;
    readonly targets: number;
    readonly snapshot: number;
    readonly timestamp: number;
  };
}

/**
 * Reads all that a repository publishes, for people: cost grows with the number of kernels. Machines use `openRepository`.
 *
 * @throws RepositoryError `NOT_A_REPOSITORY`, `MALFORMED`, `IO`
 * @example
 * ```ts
 * import { createFolderStore, openPublisher, showRepository } from '@klpkit/repository';
 *
 * const publisher = await openPublisher(createFolderStore('/srv/klp'), { signers: [] });
 * const { releases } = await showRepository(publisher);
 * ```
 */
export async function showRepository({ store, options }: Publisher): Promise<RepositoryContents> {
  const state = await readState(store, options);
  const reader: Reader = { store, options, snapshot: state.snapshot };
  const rollouts = new Map<string, Rollout>();
  for await (const [target, bytes] of binnedTargets(reader, 'rollout')) {
    for (const rollout of parseKernelRollouts(bytes, target).rollouts) rollouts.set(rollout.release, rollout);
  }
  const releases: ShownRelease[] = [];
  const endOfLife: EndOfLifeNotice[] = [];
  for await (const [target, bytes] of binnedTargets(reader, 'releases')) {
    const index = parseKernelReleases(bytes, target);
    if (index.endOfLife !== null) endOfLife.push(index.endOfLife);
    releases.push(...index.releases.map((release) => shown(release, rollouts)));
  }
  return {
    versions: versionsOf(state),
    releases,
    endOfLife,
    blocklist: await readBlocklist(reader),
    expires: expiriesOf(state),
  };
}

function versionsOf({ root, snapshot, timestamp }: PublisherState): PublishedVersions {
  const single = Object.entries(snapshot.meta).filter(([file]) => !/-[0-9a-f]{2}\.json$/.test(file));
  const versions = Object.fromEntries(single.map(([file, { version }]) => [file.replace(/\.json$/, ''), version]));
  return { ...versions, root: root.version, snapshot: snapshot.version, timestamp: timestamp.version };
}

function expiriesOf({ root, targets, snapshot, timestamp }: PublisherState): RepositoryContents['expires'] {
  return {
    root: Date.parse(root.expires),
    targets: Date.parse(targets.expires),
    snapshot: Date.parse(snapshot.expires),
    timestamp: Date.parse(timestamp.expires),
  };
}

type Reader = Pick<Publisher, 'store' | 'options'> & { readonly snapshot: SignedSnapshot };

async function* binnedTargets(reader: Reader, role: BinnedRole): AsyncGenerator<readonly [string, Uint8Array]> {
  const { store, options, snapshot } = reader;
  for (const name of binNames(role)) {
    const bin = await readRole(store, snapshot, name, options);
    for (const target of Object.keys(bin.targets)) {
      const bytes = await readTarget(store, bin, target, options);
      if (bytes !== undefined) yield [target, bytes];
    }
  }
}

async function readBlocklist({ store, options, snapshot }: Reader): Promise<Blocklist> {
  const role = await readRole(store, snapshot, 'blocklist', options);
  const bytes = await readTarget(store, role, blocklistTarget, options);
  if (bytes !== undefined) return parseBlocklist(parseJson(bytes, blocklistTarget));
  throw new RepositoryError('MALFORMED', 'The blocklist is missing: the store is damaged.', {
    subject: blocklistTarget,
  });
}

function shown(release: Release, rollouts: ReadonlyMap<string, Rollout>): ShownRelease {
  const key = releaseKey(release);
  return { key, release, rollout: rollouts.get(key) ?? null };
}
