import { parseRollout, type Rollout } from '@klpkit/rollout';
import { wrap } from './documents.ts';
import { findRelease, readRollouts, writeRollouts } from './kernel-index.ts';
import { publish, type PublishedVersions, type Publisher } from './publisher.ts';

/**
 * Publishes how far a release is: percentages per tier, or a pause. Needs the online keys of `rollout`, `snapshot` and `timestamp`.
 *
 * @throws RepositoryError `UNKNOWN_RELEASE`, `MALFORMED`, `MISSING_KEYS`, `LOCKED`, `IO`
 * @example
 * ```ts
 * import { setRollout, type Publisher } from '@klpkit/repository';
 *
 * export const beginUpdates = (publisher: Publisher) =>
 *   setRollout(publisher, { release: 'cve-2024-1086-2', paused: false, tiers: [{ tier: 'updates', microPercent: 10_000_000 }] });
 * ```
 */
export async function setRollout(
  publisher: Publisher,
  rollout: Rollout,
): Promise<{ readonly rollout: Rollout; readonly versions: PublishedVersions }> {
  const checked = wrap('rollout', () => parseRollout(rollout));
  return publish(publisher, async (transaction) => {
    const index = await readRollouts(transaction, await findRelease(transaction, checked.release));
    const others = index.rollouts.filter(({ release }) => release !== checked.release);
    await writeRollouts(transaction, { ...index, rollouts: [...others, checked] });
    return { rollout: checked };
  });
}

/**
 * Changes what is published of a release's rollout in one act: nobody else's change comes in between. `change` gets the present state,
 * or `undefined` when there is none yet; what it throws is thrown, and nothing is published.
 *
 * @throws RepositoryError `UNKNOWN_RELEASE`, `MALFORMED`, `IO`
 * @example
 * ```ts
 * import { changeRollout, type Publisher } from '@klpkit/repository';
 *
 * export const pause = (publisher: Publisher, release: string) =>
 *   changeRollout(publisher, release, (current) => ({ ...(current ?? { release, tiers: [] }), paused: true }));
 * ```
 */
export async function changeRollout(
  publisher: Publisher,
  release: string,
  change: (current: Rollout | undefined) => Rollout,
): Promise<{ readonly rollout: Rollout; readonly versions: PublishedVersions }> {
  return publish(publisher, async (transaction) => {
    const index = await readRollouts(transaction, await findRelease(transaction, release));
    const changed = change(index.rollouts.find((item) => item.release === release));
    const next = wrap('rollout', () => parseRollout(changed));
    const others = index.rollouts.filter((item) => item.release !== release);
    await writeRollouts(transaction, { ...index, rollouts: [...others, next] });
    return { rollout: next };
  });
}
