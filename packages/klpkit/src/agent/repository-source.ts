import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Candidate, Offer, Source } from '@klpkit/agent';
import { releaseKey } from '@klpkit/release';
import type { KernelName, Repository, RepositoryView } from '@klpkit/repository';

/** What the source is made from. */
export interface RepositorySourceOptions {
  readonly repository: Repository;
  /** The kernel that runs: a repository is read for one. */
  readonly kernel: KernelName;
  /** Private folder for payloads on their way; a transfer that broke off is gone on with. */
  readonly folder: string;
  /** Epoch ms; the system's by default. */
  readonly epochMs?: () => number;
}

/**
 * A signed repository as the agent's source: offer and blocklist are two readings of one view, and that a blocklist follows from the one before
 * is proven by the repository, which knows the offline lifts.
 */
export function createRepositorySource(options: RepositorySourceOptions): Source {
  const { repository, kernel, folder, epochMs = Date.now } = options;
  let shared: Promise<RepositoryView> | undefined;
  const view = (signal: AbortSignal | undefined) => {
    shared ??= repository.view(kernel, signal === undefined ? {} : { signal }).finally(() => {
      shared = undefined; // the next check refreshes
    });
    return shared;
  };
  return {
    provesSuccession: true,
    offer: async (_query, { signal } = {}) => offerOf(await view(signal), epochMs()),
    blocklist: async ({ signal } = {}) => (await view(signal)).blocklist,
    async payload(release, _path, { signal } = {}) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = join(folder, release.sha256);
      await repository.fetchPayload(release, signal === undefined ? { file } : { file, signal });
      const bytes = await readFile(file);
      await rm(file);
      return bytes;
    },
  };
}

function offerOf({ releases, rollouts, endOfLife }: RepositoryView, now: number): Offer {
  const candidates = releases.toReversed().flatMap((release): Candidate[] => {
    const rollout = rollouts.find((one) => one.release === releaseKey(release));
    return rollout === undefined ? [] : [{ release, rollout, payload: release.sha256 }];
  });
  if (endOfLife === null || endOfLife.endOfLife > now || candidates.length > 0) {
    return { candidates, reason: 'no-release', message: 'The repository has no livepatch for this kernel.' };
  }
  const next = endOfLife.upgradeTo === null ? 'Boot a newer one.' : `Boot ${endOfLife.upgradeTo} or newer.`;
  return { candidates, reason: 'end-of-life', message: `No livepatch will come for this kernel any more. ${next}` };
}
