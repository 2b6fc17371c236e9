import {
  type Blocklist,
  type BlocklistErrorCode,
  isBlocklistError,
  parseBlocklist,
  parseLifts,
  succeed,
  unionOf,
} from '@klpkit/blocklist';
import type { EndOfLifeNotice, Release } from '@klpkit/release';
import type { Rollout } from '@klpkit/rollout';
import { defaultMinBytesPerSecond } from './bounded-read.ts';
import { parseJson, parseKernelReleases, parseKernelRollouts, wrap } from './documents.ts';
import { isRepositoryError, RepositoryError } from './error.ts';
import { fetchPayload, type FetchPayloadOptions } from './fetch-payload.ts';
import type { KernelName } from './kernel-index.ts';
import { keptBlocklist, keepBlocklist } from './kept-blocklist.ts';
import { blocklistTarget, kernelTarget, liftsTarget } from './layout.ts';
import type { Mirror } from './mirror.ts';
import { type FreshMetadata, refreshMetadata } from './refresh-metadata.ts';

/** What a reader needs. */
export interface OpenRepositoryOptions {
  /** A private folder that outlives the process: trusted metadata and the last blocklist are kept there. One process uses it at a time. */
  readonly folder: string;
  /** The bytes of a `root.json` that came with the installation. */
  readonly trustedRoot: Uint8Array;
  /** Tried in this order. */
  readonly mirrors: readonly Mirror[];
  /** Least average rate of a mirror, bytes a second; default 1024. */
  readonly minBytesPerSecond?: number;
}

/** What a repository says about one kernel at one time. */
export interface RepositoryView {
  /** Published for this kernel, the newest last. */
  readonly releases: readonly Release[];
  /** How far each is; a release without one is not handed out yet. */
  readonly rollouts: readonly Rollout[];
  readonly endOfLife: EndOfLifeNotice | null;
  /** What is blocked. Where `blocklistFault` is set, what was known before joined with what came. */
  readonly blocklist: Blocklist;
  /** Why the list that came was not allowed to replace the one at hand: somebody who may only add has tried to take away. */
  readonly blocklistFault: BlocklistErrorCode | null;
  /** The mirror that answered. */
  readonly mirror: string;
}

/** A repository, as a machine reads it. */
export interface Repository {
  /** Refreshes the metadata and reads what concerns this kernel. Calls at the same time take turns: each remembers what it accepted. */
  readonly view: (kernel: KernelName, options?: { readonly signal?: AbortSignal }) => Promise<RepositoryView>;
  /** Downloads a release's payload to a file, resuming where an earlier attempt stopped; the file appears only when size and digest hold. */
  readonly fetchPayload: (release: Release, options: FetchPayloadOptions) => Promise<void>;
}

/**
 * Opens a repository for reading. Nothing is fetched before the first `view`.
 *
 * `view` and `fetchPayload` fail with RepositoryError: `UNREACHABLE`, `TOO_SLOW`, `TOO_LARGE`, `UNTRUSTED`, `EXPIRED`, `MALFORMED`,
 * `DIGEST_MISMATCH`, `IO`. Where several mirrors fail, the most alarming failure is thrown, and all of them are in its `cause`.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { folderMirror, httpsMirror, openRepository } from '@klpkit/repository';
 *
 * const repository = openRepository({
 *   folder: '/var/lib/klp/repository',
 *   trustedRoot: await readFile('/usr/share/klp/root.json'),
 *   mirrors: [httpsMirror('https://klp.example.org/repository'), folderMirror('/media/usb/klp')],
 * });
 * const { releases, blocklist } = await repository.view({ kernel: '6.1.0-50-amd64', arch: 'x86_64' });
 * ```
 */
export function openRepository(options: OpenRepositoryOptions): Repository {
  const { folder, trustedRoot, mirrors, minBytesPerSecond = defaultMinBytesPerSecond } = options;
  const metadataFolder = `${folder}/metadata`;
  const inTurn = takingTurns();
  return {
    view: (kernel, { signal } = {}) =>
      inTurn(() =>
        firstThatAnswers(mirrors, signal, async (mirror) => {
          const abort = signal === undefined ? {} : { signal };
          const fresh = await refreshMetadata(mirror, { metadataFolder, trustedRoot, minBytesPerSecond, ...abort });
          return { ...(await readKernel(fresh, kernel)), ...(await readBlocklist(fresh, folder)), mirror: mirror.name };
        }),
      ),
    fetchPayload: (release, read) =>
      firstThatAnswers(mirrors, read.signal, (mirror) => fetchPayload(mirror, release, { minBytesPerSecond, ...read })),
  };
}

/** Two views at once would write the same files, and the one that read first could put an older blocklist over a newer one. */
function takingTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}

async function readKernel(
  fresh: FreshMetadata,
  kernel: KernelName,
): Promise<Pick<RepositoryView, 'releases' | 'rollouts' | 'endOfLife'>> {
  const target = kernelTarget('releases', kernel);
  const bytes = await fresh.read(target);
  if (bytes === undefined) return { releases: [], rollouts: [], endOfLife: null };
  const { releases, endOfLife, ...named } = parseKernelReleases(bytes, target);
  if (named.kernel !== kernel.kernel || named.arch !== kernel.arch) {
    throw new RepositoryError('MALFORMED', `${target} is about ${named.kernel} on ${named.arch}: tell the publisher.`, {
      subject: target,
    });
  }
  const rolloutTarget = kernelTarget('rollout', kernel);
  const state = await fresh.read(rolloutTarget);
  return {
    releases,
    endOfLife,
    rollouts: state === undefined ? [] : parseKernelRollouts(state, rolloutTarget).rollouts,
  };
}

async function readBlocklist(
  fresh: FreshMetadata,
  folder: string,
): Promise<Pick<RepositoryView, 'blocklist' | 'blocklistFault'>> {
  const [listBytes, liftBytes] = [await fresh.read(blocklistTarget), await fresh.read(liftsTarget)];
  if (listBytes === undefined || liftBytes === undefined) {
    throw new RepositoryError('MALFORMED', 'The repository has no blocklist: it is not one of ours.', {
      subject: blocklistTarget,
    });
  }
  const next = wrap(blocklistTarget, () => parseBlocklist(parseJson(listBytes, blocklistTarget)));
  const lifts = wrap(liftsTarget, () => parseLifts(parseJson(liftBytes, liftsTarget)));
  const current = await keptBlocklist(folder);
  try {
    const blocklist = succeed(current, next, { lifts: lifts.entries, epoch: lifts.epoch });
    await keepBlocklist(folder, blocklist);
    return { blocklist, blocklistFault: null };
  } catch (error) {
    if (!isBlocklistError(error)) throw error;
    // Decided with, never kept: the list that this machine accepted stays the one that the next must follow from.
    return { blocklist: current === undefined ? next : unionOf(current, next), blocklistFault: error.code };
  }
}

// Forged or broken data on one mirror is no reason to go without updates while another has good ones; it is the first thing to report
// when none has.
const alarming = ['UNTRUSTED', 'DIGEST_MISMATCH', 'MALFORMED', 'EXPIRED', 'TOO_LARGE', 'TOO_SLOW'] as const;

async function firstThatAnswers<T>(
  mirrors: readonly Mirror[],
  signal: AbortSignal | undefined,
  ask: (mirror: Mirror) => Promise<T>,
): Promise<T> {
  const failures: RepositoryError[] = [];
  for (const mirror of mirrors) {
    signal?.throwIfAborted();
    try {
      return await ask(mirror);
    } catch (error) {
      if (!isRepositoryError(error) || error.code === 'IO') throw error;
      failures.push(error);
    }
  }
  const worst = alarming.flatMap((code) => failures.find((failure) => failure.code === code) ?? [])[0] ?? failures[0];
  if (worst === undefined) throw new RepositoryError('UNREACHABLE', 'No mirror is configured: name at least one.');
  if (failures.length === 1) throw worst;
  const text = worst.message.slice(worst.message.indexOf(' ') + 1);
  throw new RepositoryError(worst.code, text, {
    ...(worst.subject === null ? {} : { subject: worst.subject }),
    cause: new AggregateError(failures),
  });
}
