import {
  block,
  type BlockEntry,
  type Blocklist,
  lift,
  type LiftedEntry,
  type Lifts,
  parseBlocklist,
  parseLifts,
} from '@klpkit/blocklist';
import { encodeDocument, parseJson } from './documents.ts';
import { RepositoryError } from './error.ts';
import { blocklistTarget, liftsTarget } from './layout.ts';
import { publish, type PublishedVersions, type Publisher, type Transaction } from './publisher.ts';
import { defaultLifetimesMs } from './role.ts';

/**
 * Blocks a release. The release need not be published here: bytes that were never released may be blocked by their digest. Needs the
 * online keys of `blocklist`, `snapshot` and `timestamp`.
 *
 * @throws RepositoryError `REFUSED_BLOCKLIST`, `MISSING_KEYS`, `LOCKED`, `IO`
 * @example
 * ```ts
 * import { blockRelease, type Publisher } from '@klpkit/repository';
 *
 * export const stop = (publisher: Publisher, now: number) =>
 *   blockRelease(publisher, {
 *     release: 'cve-2024-1086-2', sha256: null, kernels: '*', action: 'no-apply', reason: 'panics-at-load', since: now,
 *   });
 * ```
 */
export async function blockRelease(
  publisher: Publisher,
  entry: BlockEntry,
): Promise<{ readonly blocklist: Blocklist; readonly versions: PublishedVersions }> {
  return publish(publisher, async (transaction) => {
    const current = await readBlocklist(transaction);
    const next = refused(() => block(current, entry, transaction.now, lifetime(publisher)));
    await writeBlocklist(transaction, next);
    return { blocklist: next };
  });
}

/**
 * Lifts entries of the blocklist: names them in the `lifted` document, which alone lets clients accept that they are gone. Needs the
 * offline key of `lifted`, and the online ones of `blocklist`, `snapshot` and `timestamp`.
 *
 * @throws RepositoryError `REFUSED_BLOCKLIST` when nothing is lifted by it; `MISSING_KEYS`, `LOCKED`, `IO`
 * @example
 * ```ts
 * import { liftRelease, type Publisher } from '@klpkit/repository';
 *
 * export const allowAgain = (publisher: Publisher, now: number) =>
 *   liftRelease(publisher, { release: 'cve-2024-1086-2', sha256: null, since: now, at: now, reason: 'false-alarm' });
 * ```
 */
export async function liftRelease(
  publisher: Publisher,
  lifted: LiftedEntry,
): Promise<{ readonly blocklist: Blocklist; readonly lifts: Lifts; readonly versions: PublishedVersions }> {
  return publish(publisher, async (transaction) => {
    const list = await readBlocklist(transaction);
    const next = refused(() => lift(list, lifted, transaction.now, lifetime(publisher)));
    const before = await readLifts(transaction);
    const lifts = refused(() =>
      parseLifts({ ...before, version: before.version + 1, entries: [...before.entries, lifted] }),
    );
    await transaction.write('lifted', liftsTarget, encodeDocument(lifts));
    await writeBlocklist(transaction, next);
    return { blocklist: next, lifts };
  });
}

/** The blocklist as it is published now. */
export async function readBlocklist(transaction: Transaction): Promise<Blocklist> {
  return parseBlocklist(parseJson(await target(transaction, 'blocklist', blocklistTarget), blocklistTarget));
}

/** Replaces it. */
export async function writeBlocklist(transaction: Transaction, list: Blocklist): Promise<void> {
  await transaction.write('blocklist', blocklistTarget, encodeDocument(list));
}

/** The lifted entries as they are published now. */
export async function readLifts(transaction: Transaction): Promise<Lifts> {
  return parseLifts(parseJson(await target(transaction, 'lifted', liftsTarget), liftsTarget));
}

/** How long a blocklist is valid: as long as its role's signature. */
export function lifetime({ options }: Publisher): { readonly lifetimeMs: number } {
  return { lifetimeMs: options.lifetimesMs?.blocklist ?? defaultLifetimesMs.blocklist };
}

async function target(transaction: Transaction, role: string, path: string): Promise<Uint8Array> {
  const bytes = await transaction.read(role, path);
  if (bytes === undefined)
    throw new RepositoryError('MALFORMED', `${path} is not listed: the store is damaged.`, { subject: path });
  return bytes;
}

function refused<T>(change: () => T): T {
  try {
    return change();
  } catch (cause) {
    throw new RepositoryError(
      'REFUSED_BLOCKLIST',
      `${cause instanceof Error ? cause.message : 'The change cannot be made'} Nothing was published.`,
      { cause },
    );
  }
}
