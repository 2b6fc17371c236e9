/**
 * Livepatch releases, their rollout state and the blocklist as a TUF repository: what publishes it, what reads it.
 *
 * @packageDocumentation
 */
export { addRelease, type AddReleaseOptions, announceEndOfLife, type ReleaseInit } from './add-release.ts';
export { blockRelease, liftRelease } from './block-release.ts';
export { createRepository } from './create-repository.ts';
export type { RepositoryKeys, RoleKeySet } from './trust-tree.ts';
export { isRepositoryError, RepositoryError, type RepositoryErrorCode } from './error.ts';
export { createFolderStore } from './folder-store.ts';
export type { KernelName } from './kernel-index.ts';
export {
  type EvidenceSubject,
  type EvidenceToCheck,
  type PublishPolicy,
  setPublishPolicy,
} from './publish-policy.ts';
export { openPublisher, type PublishedVersions, type Publisher, type PublisherOptions } from './publisher.ts';
export { type DueRole, refresh, renew } from './refresh.ts';
export { defaultLifetimesMs, onlineRoles, type RepositoryRole, repositoryRoles, type RoleLifetimes } from './role.ts';
export { rotateKeys, type RotateOptions } from './rotate-keys.ts';
export { changeRollout, setRollout } from './set-rollout.ts';
export {
  externalSigner,
  generateSigner,
  repositoryKey,
  type RepositoryKey,
  type RepositorySigner,
  signerFromPem,
} from './signer.ts';
export type { RepositoryStore, StoreLock, StoreOptions, StoreReadOptions } from './store.ts';
export { defaultMinBytesPerSecond } from './bounded-read.ts';
export type { FetchPayloadOptions } from './fetch-payload.ts';
export { httpsMirror, type HttpsMirrorOptions } from './https-mirror.ts';
export { folderMirror, type Mirror, type MirrorReadOptions } from './mirror.ts';
export { openRepository, type OpenRepositoryOptions, type Repository, type RepositoryView } from './open-repository.ts';
export { type RepositoryContents, showRepository, type ShownRelease } from './show-repository.ts';
