import type { BlockEntry, Blocklist, LiftedEntry } from '@klpkit/blocklist';
import type { RepositoryContents, RepositoryRole, ShownRelease } from '@klpkit/repository';
import { publishedRollout, type Rollout } from '@klpkit/rollout';
import type { PublishedRelease, Snapshot } from '../publish/published.ts';

/** One thing that the signed repository does not say yet. */
export type PendingAct =
  | { readonly kind: 'add'; readonly release: PublishedRelease }
  | { readonly kind: 'rollout'; readonly rollout: Rollout }
  | { readonly kind: 'block'; readonly entry: BlockEntry }
  | { readonly kind: 'lift'; readonly lifted: LiftedEntry };

/** The role whose key an act needs, beside those of snapshot and timestamp. */
export const roleOfAct: Readonly<Record<PendingAct['kind'], RepositoryRole>> = {
  add: 'releases',
  rollout: 'rollout',
  block: 'blocklist',
  lift: 'lifted',
};

/** What has to be signed so that the repository says what the database says. Blocks first: they are what cannot wait. */
export function pendingActs(snapshot: Snapshot, contents: RepositoryContents): readonly PendingAct[] {
  const signed = new Map(contents.releases.map((one) => [one.key, one]));
  const ours = [...snapshot.byKey.values()].toSorted((a, b) => a.seq - b.seq);
  return [
    ...pendingBlocks(snapshot.blocklist, contents.blocklist),
    ...pendingRollouts(ours, signed),
    ...ours.filter(({ key }) => !signed.has(key)).map((release): PendingAct => ({ kind: 'add', release })),
    ...pendingLifts(snapshot.blocklist, contents.blocklist),
  ];
}

/** Releases that were signed elsewhere, with the offline keys, and that this server does not roll out yet. */
export function foreignReleases(snapshot: Snapshot, contents: RepositoryContents): readonly ShownRelease[] {
  return contents.releases.filter(({ key }) => !snapshot.byKey.has(key));
}

function pendingRollouts(
  ours: readonly PublishedRelease[],
  signed: ReadonlyMap<string, ShownRelease>,
): readonly PendingAct[] {
  return ours.flatMap(({ key, state }): PendingAct[] => {
    const shown = signed.get(key);
    const rollout = publishedRollout(state);
    return shown === undefined || isSame(shown.rollout, rollout) ? [] : [{ kind: 'rollout', rollout }];
  });
}

function pendingBlocks(ours: Blocklist, signed: Blocklist): readonly PendingAct[] {
  const known = new Set(signed.entries.map(nameOf));
  return ours.entries.filter((entry) => !known.has(nameOf(entry))).map((entry) => ({ kind: 'block', entry }));
}

function pendingLifts(ours: Blocklist, signed: Blocklist): readonly PendingAct[] {
  const blocked = new Set(ours.entries.map(nameOf));
  return signed.entries
    .filter((entry) => !blocked.has(nameOf(entry)))
    .flatMap((entry): PendingAct[] => {
      // Blocked by somebody with the keys and never lifted here: stays blocked.
      const lifted = ours.lifted.findLast((one) => nameOf(one) === nameOf(entry));
      return lifted === undefined ? [] : [{ kind: 'lift', lifted: { ...lifted, since: entry.since } }];
    });
}

function nameOf({ release, sha256 }: Pick<BlockEntry, 'release' | 'sha256'>): string {
  return `${release} ${sha256 ?? ''}`;
}

function isSame(signed: Rollout | null, wanted: Rollout): boolean {
  return signed !== null && JSON.stringify(normal(signed)) === JSON.stringify(normal(wanted));
}

/** Fields in one order. */
function normal({ release, paused, tiers }: Rollout): unknown {
  return {
    release,
    paused,
    tiers: tiers.map(({ tier, microPercent, nextPhaseAt }) => ({ tier, microPercent, nextPhaseAt })),
  };
}
