import { decideApply } from '@klpkit/blocklist';
import type { Release } from '@klpkit/release';
import { publishedRollout, type Rollout } from '@klpkit/rollout';
import type { PublishedRelease, Snapshot } from './published.ts';
import { kernelKey } from './published.ts';

/** One release that a machine may take when its turn comes. */
export interface Offer {
  readonly release: Release;
  readonly rollout: Rollout;
  /** Path of the payload on this server. */
  readonly payload: string;
}

/** What a machine is answered. */
export interface OfferAnswer {
  /** The newest release that has reached the machine's tier; where none has, the newest of all, for the reason to wait. */
  readonly offer: Offer | null;
  /** Older releases that have reached the tier, newest first: what a machine takes whose turn for the newest has not come. */
  readonly earlier: readonly Offer[];
  readonly reason: null | 'no-release' | 'end-of-life' | 'blocked';
  readonly message: string;
}

/** What a machine says of itself when it asks. */
export interface OfferQuery {
  readonly kernel: string;
  readonly arch: string;
  readonly tier: string;
}

/** Older releases in one answer. */
const maxEarlier = 3;

/** Which releases there are for a machine. Its place in the rollout is its own to compute, so the answer is the same for all of one kernel and tier. */
export function offerFor(snapshot: Snapshot, query: OfferQuery, now: number): OfferAnswer {
  const all = snapshot.byKernel.get(kernelKey(query.kernel, query.arch)) ?? [];
  const newest = all[0];
  if (newest === undefined) {
    return none(
      'no-release',
      `No livepatch is published for ${query.kernel} (${query.arch}). Nothing to do; ask again at the next check.`,
    );
  }
  const { endOfLife } = newest.release;
  if (endOfLife !== null && endOfLife <= now) {
    const day = new Date(endOfLife).toISOString().slice(0, 10);
    return none('end-of-life', `Livepatches for ${query.kernel} ended on ${day}. Install a newer kernel and reboot.`);
  }
  const allowed = all.filter((one) => one.state.status.kind !== 'withdrawn' && isAllowed(snapshot, one, now));
  const reached = allowed.filter(({ state }) => state.tiers.some(({ tier }) => tier === query.tier));
  const [first, ...others] = reached.length > 0 ? reached : allowed.slice(0, 1);
  if (first === undefined) {
    return none(
      'blocked',
      `Every livepatch for ${query.kernel} was withdrawn. Keep what runs, and ask again at the next check.`,
    );
  }
  return {
    offer: toOffer(first),
    earlier: others.slice(0, maxEarlier).map(toOffer),
    reason: null,
    message: `${first.key} is offered.`,
  };
}

function isAllowed(snapshot: Snapshot, { key, release }: PublishedRelease, now: number): boolean {
  return decideApply(snapshot.blocklist, { release: key, sha256: release.sha256, kernel: release.kernel }, 'offer', now)
    .allowed;
}

function toOffer({ release, state }: PublishedRelease): Offer {
  return { release, rollout: publishedRollout(state), payload: `/v1/payloads/${release.sha256}` };
}

function none(reason: Exclude<OfferAnswer['reason'], null>, message: string): OfferAnswer {
  return { offer: null, earlier: [], reason, message };
}
