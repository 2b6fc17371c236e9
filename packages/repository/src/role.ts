/**
 * The roles of a klpkit repository. The first four are TUF's own; the others are delegated by `targets`, each with its own target paths:
 *
 * - `root`: names the keys of all roles. Offline.
 * - `targets`: delegates, and lists nothing itself but what publishers must obey. Offline.
 * - `releases`: signs which releases exist. Offline, with a threshold.
 * - `lifted`: signs which blocklist entries are lifted. Offline.
 * - `rollout`: signs percentages and pauses. Online.
 * - `blocklist`: signs what is blocked; clients let it add only. Online.
 * - `snapshot`, `timestamp`: sign which versions belong together, and that they are fresh. Online.
 */
export type RepositoryRole =
  | 'root'
  | 'targets'
  | 'releases'
  | 'lifted'
  | 'rollout'
  | 'blocklist'
  | 'snapshot'
  | 'timestamp';

/** All roles, the offline ones first. */
export const repositoryRoles: readonly RepositoryRole[] = [
  'root',
  'targets',
  'releases',
  'lifted',
  'rollout',
  'blocklist',
  'snapshot',
  'timestamp',
];

/**
 * Roles whose keys may lie on the server that publishes by itself. Whoever holds all of them can slow a rollout, block patches, or hurry
 * a signed release to machines; none of them makes a release, lifts an entry or replaces a key.
 */
export const onlineRoles: readonly RepositoryRole[] = ['rollout', 'blocklist', 'snapshot', 'timestamp'];

/** Bits of a path's SHA-256 that choose its bin: 32 bins, so that a client on one kernel reads one thirty-second of all kernels. */
export const binBits = 5;

/** The two roles whose targets are one file a kernel, spread over bins by the hash of their path (TUF's TAP 15). */
export type BinnedRole = 'releases' | 'rollout';

/** Names of a binned role's bins: `releases-00` to `releases-1f`. */
export function binNames(role: BinnedRole): readonly string[] {
  return Array.from({ length: 2 ** binBits }, (_, index) => `${role}-${index.toString(16).padStart(2, '0')}`);
}

/** How long what a role signs is valid, milliseconds. */
export type RoleLifetimes = Readonly<Record<RepositoryRole, number>>;

const dayMs = 86_400_000;

/**
 * Lifetimes that make a withheld blocklist visible within a day: the timestamp's is the one that counts there. Offline roles live long,
 * since a person must come with a key.
 */
export const defaultLifetimesMs: RoleLifetimes = {
  root: 365 * dayMs,
  targets: 365 * dayMs,
  releases: 365 * dayMs,
  lifted: 365 * dayMs,
  rollout: 14 * dayMs,
  blocklist: 7 * dayMs,
  snapshot: 7 * dayMs,
  timestamp: dayMs,
};

/** The role that signs a metadata file: a bin's is that of its parent. */
export function roleOfMetadata(name: string): RepositoryRole {
  const parent = name.replace(/-[0-9a-f]{2}$/, '');
  return repositoryRoles.find((role) => role === parent) ?? 'targets';
}
