import { createReadStream } from 'node:fs';
import type { ServiceParts } from '../create-services.ts';
import type { PayloadStore } from '../files/payload-store.ts';
import { judgePayload, publishRelease } from '../publish/publish-release.ts';
import { readKeys } from './keys.ts';
import { openSignedRepository } from './signed-repository.ts';
import { type SigningLoop, startSigning } from './signing-loop.ts';
import type { Published } from '../publish/published.ts';
import type { Changes } from '../changes/changes.ts';
import { releaseKey, parseRelease } from '@klpkit/release';

/** What {@link startConfiguredSigning} needs. */
export interface SigningParts extends Omit<ServiceParts, 'state'> {
  readonly payloads: PayloadStore;
  readonly published: Published;
  readonly changes: Changes;
  readonly isLeader: () => boolean;
}

/** Opens the configured repository, if there is one, and keeps it signed. */
export async function startConfiguredSigning(parts: SigningParts): Promise<SigningLoop | undefined> {
  const { config, log, trust, payloads } = parts;
  if (config.repository === undefined) return undefined;
  const { folder, keys } = config.repository;
  const adopt = (release: unknown, file: string): Promise<void> => adoptRelease(release, file, parts);
  const repository = await openSignedRepository({ folder, keys: await readKeys(keys), trust, payloads, log, adopt });
  const loop = startSigning(repository, { ...parts, intervalMs: config.repository.intervalMs });
  parts.closers.add(() => loop.close());
  return loop;
}

/** Rolls out what was added to the repository with the offline keys: verified like everything that is published here. */
async function adoptRelease(document: unknown, file: string, parts: SigningParts): Promise<void> {
  const { config, log, trust, payloads, database } = parts;
  const release = parseRelease(document);
  const { sha256 } = release;
  const maxBytes = config.limits.maxPayloadBytes;
  const judge = async (bytes: Uint8Array): Promise<void> =>
    void (await judgePayload(bytes, { sha256, trust, maxBytes }));
  if ((await payloads.size(sha256)) === undefined)
    await payloads.put(createReadStream(file), { sha256, maxBytes, judge });
  const context = {
    payloads,
    trust,
    maxPayloadBytes: maxBytes,
    plan: config.plan,
    actor: 'repository',
    now: config.clock(),
  };
  await publishRelease(database, release, context);
  log.info({ release: releaseKey(release) }, 'a release of the repository was taken over');
}
