import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trust } from '@klpkit/payload';
import {
  addRelease,
  blockRelease,
  createFolderStore,
  isRepositoryError,
  liftRelease,
  openPublisher,
  type Publisher,
  refresh,
  type RepositoryContents,
  setRollout,
  showRepository,
} from '@klpkit/repository';
import type { Logger } from 'pino';
import { ServerError } from '../errors.ts';
import type { PayloadStore } from '../files/payload-store.ts';
import type { Snapshot } from '../publish/published.ts';
import type { ServerKeys } from './keys.ts';
import { foreignReleases, type PendingAct, pendingActs, roleOfAct } from './pending.ts';

/** What a signed repository tells of itself. */
export interface RepositoryStatus {
  readonly versions: RepositoryContents['versions'];
  /** When TUF's top roles expire, epoch ms. */
  readonly expires: RepositoryContents['expires'];
  /** What waits for a key that is not on this server: a person signs it with `klpkit repo`. */
  readonly waiting: readonly { readonly kind: PendingAct['kind']; readonly release: string }[];
}

/** The TUF repository that this server signs with its online keys. */
export interface SignedRepository {
  /** Signs what the repository does not say yet; tells how it stands then. */
  reconcile(snapshot: Snapshot): Promise<RepositoryStatus>;
}

/** What {@link openSignedRepository} needs. */
export interface SignedRepositoryParts {
  readonly folder: string;
  readonly keys: ServerKeys;
  readonly trust: Trust;
  readonly payloads: PayloadStore;
  readonly log: Logger;
  /** Takes over a release that was added with the offline keys. */
  readonly adopt: (release: unknown, payloadFile: string) => Promise<void>;
}

/** A publisher needs seconds. A lock that is older was left by a process that was killed. */
const staleLockMs = 300_000;

/**
 * Opens the repository.
 *
 * @throws ServerError `CONFIG_INVALID`
 */
export async function openSignedRepository(parts: SignedRepositoryParts): Promise<SignedRepository> {
  const store = createFolderStore(parts.folder);
  const { signers } = parts.keys;
  const publisher = await openPublisher(store, { signers }).catch((cause: unknown) => {
    if (!isRepositoryError(cause)) throw cause;
    throw new ServerError(
      'CONFIG_INVALID',
      `repository: ${cause.message} Make it with "klpkit repo init" and start again.`,
      { cause },
    );
  });
  return {
    reconcile: async (snapshot) => {
      await dropStaleLock(parts);
      const before = await showRepository(publisher);
      for (const { release } of foreignReleases(snapshot, before))
        await parts.adopt(release, join(parts.folder, 'payloads', release.sha256));
      const acts = pendingActs(snapshot, before);
      const [mine, waiting] = [acts.filter(isMine), acts.filter((act) => !isMine(act))];
      for (const act of mine) await sign(publisher, act, parts);
      if (mine.length === 0 && isHalfSpent(before)) await refreshAll(publisher, parts.log);
      const { versions, expires } = await showRepository(publisher);
      return { versions, expires, waiting: waiting.map((act) => ({ kind: act.kind, release: releaseOf(act) })) };
    },
  };

  function isMine(act: PendingAct): boolean {
    return parts.keys.roles.has(roleOfAct[act.kind]);
  }
}

async function sign(publisher: Publisher, act: PendingAct, parts: SignedRepositoryParts): Promise<void> {
  switch (act.kind) {
    case 'block':
      await blockRelease(publisher, act.entry);
      break;
    case 'lift':
      await liftRelease(publisher, act.lifted);
      break;
    case 'rollout':
      await setRollout(publisher, act.rollout);
      break;
    default:
      await addRelease(publisher, await parts.payloads.readAll(act.release.release.sha256), act.release.release, {
        trust: parts.trust,
      });
  }
  parts.log.info({ act: act.kind, release: releaseOf(act) }, 'signed');
}

function releaseOf(act: PendingAct): string {
  switch (act.kind) {
    case 'block':
      return act.entry.release;
    case 'lift':
      return act.lifted.release;
    case 'rollout':
      return act.rollout.release;
    default:
      return act.release.key;
  }
}

/** The timestamp lives a day: half of it is time enough for a person to come where this fails. */
function isHalfSpent({ expires }: RepositoryContents): boolean {
  const halfDayMs = 43_200_000;
  return expires.timestamp - Date.now() < halfDayMs;
}

async function refreshAll(publisher: Publisher, log: Logger): Promise<void> {
  const { due } = await refresh(publisher);
  for (const { role, expires } of due)
    log.warn({ role, expires: new Date(expires).toISOString() }, 'an offline role has to be signed anew soon');
}

async function dropStaleLock({ folder, log }: SignedRepositoryParts): Promise<void> {
  const file = join(folder, 'publisher.lock');
  const lock = await stat(file).catch(() => undefined);
  if (lock === undefined || Date.now() - lock.mtimeMs < staleLockMs) return;
  log.warn({ file }, 'a publisher left its lock behind; it is removed');
  await rm(file, { force: true });
}
