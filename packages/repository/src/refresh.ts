import { refreshBlocklist } from '@klpkit/blocklist';
import { readBlocklist, writeBlocklist, lifetime } from './block-release.ts';
import { publish, type PublishedVersions, type Publisher, type Transaction } from './publisher.ts';
import { binNames, defaultLifetimesMs, onlineRoles, repositoryRoles, type RepositoryRole } from './role.ts';

/** An offline role whose signature a person must renew. */
export interface DueRole {
  readonly role: RepositoryRole;
  /** When it expires, epoch ms. */
  readonly expires: number;
}

/**
 * Proves that the repository is alive: renews the blocklist, snapshot and timestamp, and the rollout role's files that have less than
 * half of their life left. To be run on a timer, several times in a timestamp's life. Needs the online keys only.
 *
 * @returns the offline roles that expire within a quarter of their life: a person must come with the keys and run `renew`
 * @throws RepositoryError `MISSING_KEYS`, `LOCKED`, `IO`
 * @example
 * ```ts
 * import { refresh, type Publisher } from '@klpkit/repository';
 *
 * export async function keepAlive(publisher: Publisher): Promise<void> {
 *   const { due } = await refresh(publisher);
 *   for (const { role, expires } of due) console.warn(`bring the ${role} key before ${new Date(expires).toISOString()}`);
 * }
 * ```
 */
export async function refresh(
  publisher: Publisher,
): Promise<{ readonly due: readonly DueRole[]; readonly versions: PublishedVersions }> {
  return publish(publisher, async (transaction) => {
    const list = await readBlocklist(transaction);
    await writeBlocklist(
      transaction,
      refreshBlocklist(list, Math.max(transaction.now, list.issued), lifetime(publisher)),
    );
    for (const name of ['rollout', ...binNames('rollout')]) {
      if ((await lifeLeft(publisher, transaction, 'rollout', name)) < 0.5) await transaction.touch(name);
    }
    return { due: await dueRoles(publisher, transaction) };
  });
}

/**
 * Renews the signatures of these targets roles and all of their bins. Needs their keys and the online ones.
 *
 * @throws RepositoryError `MISSING_KEYS`, `LOCKED`, `IO`
 * @example
 * ```ts
 * import { renew, type Publisher } from '@klpkit/repository';
 *
 * export const renewOffline = (publisher: Publisher) => renew(publisher, ['targets', 'releases', 'lifted']);
 * ```
 */
export async function renew(
  publisher: Publisher,
  roles: readonly Exclude<RepositoryRole, 'root' | 'snapshot' | 'timestamp'>[],
): Promise<{ readonly versions: PublishedVersions }> {
  return publish(publisher, async (transaction) => {
    for (const role of roles) {
      await transaction.touch(role);
      if (role !== 'releases' && role !== 'rollout') continue;
      for (const bin of binNames(role)) await transaction.touch(bin);
    }
    return {};
  });
}

async function dueRoles(publisher: Publisher, transaction: Transaction): Promise<DueRole[]> {
  const due: DueRole[] = [];
  for (const role of repositoryRoles.filter((candidate) => !onlineRoles.includes(candidate))) {
    const names = role === 'releases' ? [role, ...binNames(role)] : [role];
    const left = await Promise.all(names.map((name) => lifeLeft(publisher, transaction, role, name)));
    const least = Math.min(...left);
    if (least < 0.25) due.push({ role, expires: transaction.now + least * lifetimeOf(publisher, role) });
  }
  return due;
}

async function lifeLeft(
  publisher: Publisher,
  transaction: Transaction,
  role: RepositoryRole,
  name: string,
): Promise<number> {
  const { expires } = role === 'root' ? transaction.state.root : await transaction.role(name);
  return (Date.parse(expires) - transaction.now) / lifetimeOf(publisher, role);
}

function lifetimeOf({ options }: Publisher, role: RepositoryRole): number {
  return options.lifetimesMs?.[role] ?? defaultLifetimesMs[role];
}
