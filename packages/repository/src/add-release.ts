import { checkTarget, type Trust, type VerifiedModule, verifyModule } from '@klpkit/payload';
import { type EndOfLifeNotice, parseEndOfLifeNotice, parseRelease, type Release, releaseKey } from '@klpkit/release';
import { RepositoryError } from './error.ts';
import { kernelOfRelease, readReleases, writeReleases } from './kernel-index.ts';
import { payloadPath } from './layout.ts';
import { admitEvidence, type EvidenceToCheck, policyOf } from './publish-policy.ts';
import { publish, type PublishedVersions, type Publisher } from './publisher.ts';

/** What only the publisher knows of a release; all else is read from the module. */
export interface ReleaseInit {
  /** Patch name. */
  readonly name: string;
  /** Version, without a dash. */
  readonly version: string;
  /** How often it was issued again; 0 where absent. */
  readonly reroll?: number;
  /** CVE ids. */
  readonly fixes: readonly string[];
  /** Epoch ms at which coverage of the kernel ends, or `null`. */
  readonly endOfLife: number | null;
  /** SHA-256 of the qualification's attestation, or `null`. */
  readonly evidence: string | null;
}

/** How strict the publisher is. */
export interface AddReleaseOptions {
  /** Keys that machines trust for modules: what their verifier would refuse is refused here. */
  readonly trust: Trust;
  /** Refuse a release without the digest of a qualification, whatever the repository's own policy says. */
  readonly requireEvidence?: boolean;
  /** Evidence that is checked before anything is published; its digest becomes the release's. */
  readonly evidence?: EvidenceToCheck;
  readonly signal?: AbortSignal;
}

/**
 * Publishes a livepatch. The module is verified first, as machines will; kernel and architecture are taken from it. Nobody gets it
 * before `setRollout` says so.
 *
 * Needs the keys of `releases` (its threshold), `snapshot` and `timestamp`.
 *
 * @throws RepositoryError `REFUSED_RELEASE`, `ALREADY_PUBLISHED`, `MISSING_KEYS`, `LOCKED`, `IO`
 * @example
 * ```ts
 * import { parseTrust } from '@klpkit/payload';
 * import { addRelease, type Publisher } from '@klpkit/repository';
 *
 * export async function ship(publisher: Publisher, module: Uint8Array, certificate: string): Promise<void> {
 *   const trust = await parseTrust({ certificates: [certificate] });
 *   const init = { name: 'cve-2024-1086', version: '2', fixes: ['CVE-2024-1086'], endOfLife: null, evidence: null };
 *   const { release, versions } = await addRelease(publisher, module, init, { trust });
 *   console.log(release.kernel, versions.timestamp);
 * }
 * ```
 */
export async function addRelease(
  publisher: Publisher,
  payload: Uint8Array,
  init: ReleaseInit,
  options: AddReleaseOptions,
): Promise<{ readonly release: Release; readonly versions: PublishedVersions }> {
  const offered = releaseOf(await verified(payload, options), init);
  const key = releaseKey(offered);
  return publish(publisher, async (transaction) => {
    const { evidence, requireEvidence: required = false } = options;
    const subject = { sha256: offered.sha256, kernel: offered.kernel, arch: offered.arch, now: transaction.now };
    const asked = { digest: offered.evidence, evidence, required };
    const digest = await admitEvidence(await policyOf(transaction), asked, subject, refusal);
    const release: Release = { ...offered, evidence: digest };
    if ((await kernelOfRelease(transaction, key)) !== undefined) {
      throw new RepositoryError(
        'ALREADY_PUBLISHED',
        `A release ${key} is published already: give this one a new version or re-roll.`,
        { subject: key },
      );
    }
    const index = await readReleases(transaction, release);
    await writeReleases(transaction, { ...index, releases: [...index.releases, release] });
    transaction.attach({ path: payloadPath(release.sha256), bytes: payload });
    return { release };
  });
}

/**
 * Announces until when a kernel is covered, also where it never had a patch, so that its machines can tell "nothing to do" from
 * "nobody looks after you". Needs the keys of `releases`, `snapshot` and `timestamp`.
 *
 * @throws RepositoryError `REFUSED_RELEASE`, `MISSING_KEYS`, `LOCKED`, `IO`
 * @example
 * ```ts
 * import { announceEndOfLife, type Publisher } from '@klpkit/repository';
 *
 * export const announce = (publisher: Publisher) =>
 *   announceEndOfLife(publisher, {
 *     type: 'end-of-life', kernel: '5.10.0-33-amd64', arch: 'x86_64', endOfLife: 1_725_000_000_000, upgradeTo: '6.1.0-50-amd64',
 *   });
 * ```
 */
export async function announceEndOfLife(
  publisher: Publisher,
  notice: EndOfLifeNotice,
): Promise<{ readonly notice: EndOfLifeNotice; readonly versions: PublishedVersions }> {
  const checked = refused(() => parseEndOfLifeNotice(notice));
  return publish(publisher, async (transaction) => {
    await writeReleases(transaction, { ...(await readReleases(transaction, checked)), endOfLife: checked });
    return { notice: checked };
  });
}

async function verified(payload: Uint8Array, { trust, signal }: AddReleaseOptions): Promise<VerifiedModule> {
  signal?.throwIfAborted();
  let module: VerifiedModule;
  try {
    module = await verifyModule(payload, { trust, sha256: null, ...(signal === undefined ? {} : { signal }) });
  } catch (cause) {
    signal?.throwIfAborted();
    throw refusal(cause instanceof Error ? cause.message : 'the module cannot be verified', cause);
  }
  if (!module.livepatch) throw refusal(`module ${module.name} is not a livepatch (no livepatch=Y in .modinfo)`);
  return module;
}

function releaseOf(module: VerifiedModule, init: ReleaseInit): Release {
  const kernel = module.vermagic.split(' ', 1)[0] ?? '';
  const fit = checkTarget(module, { release: kernel, arch: module.arch });
  if (!fit.fits) throw refusal(fit.message);
  return refused(() =>
    parseRelease({
      ...init,
      reroll: init.reroll ?? 0,
      kernel,
      arch: module.arch,
      sha256: module.sha256,
      size: module.size,
    }),
  );
}

function refused<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw refusal(cause instanceof Error ? cause.message : 'the document cannot be read', cause);
  }
}

function refusal(why: string, cause?: unknown): RepositoryError {
  return new RepositoryError('REFUSED_RELEASE', `Machines would refuse this release: ${why}. Nothing was published.`, {
    cause,
  });
}
