import { blocklistTarget, liftsTarget } from './layout.ts';
import type { Delegations, RoleKeys, SignedRoot, TufKey } from './metadata.ts';
import { binBits, type BinnedRole, type RepositoryRole } from './role.ts';
import { type RepositoryKey, toTufKey } from './signer.ts';

/** Public keys of one role and how many of them must sign. */
export interface RoleKeySet {
  readonly keys: readonly RepositoryKey[];
  /** 1 to the number of keys. */
  readonly threshold: number;
}

/** Public keys of every role. */
export type RepositoryKeys = Readonly<Record<RepositoryRole, RoleKeySet>>;

/** Root metadata that names these keys. */
export function rootOf(
  keys: RepositoryKeys,
  head: Pick<SignedRoot, 'version' | 'spec_version' | 'expires'>,
): SignedRoot {
  const top = ['root', 'targets', 'snapshot', 'timestamp'] as const;
  return {
    _type: 'root',
    ...head,
    consistent_snapshot: true,
    keys: Object.assign({}, ...top.map((role) => tufKeys(keys[role]))) as Record<string, TufKey>,
    roles: {
      root: roleKeys(keys.root),
      targets: roleKeys(keys.targets),
      snapshot: roleKeys(keys.snapshot),
      timestamp: roleKeys(keys.timestamp),
    },
  };
}

/** Who may sign which targets. Each path belongs to exactly one role: `terminating` ends the search there. */
export function topDelegations(
  keys: Pick<RepositoryKeys, 'releases' | 'rollout' | 'blocklist' | 'lifted'>,
): Delegations {
  const paths = { releases: 'releases/*/*', rollout: 'rollout/*/*', blocklist: blocklistTarget, lifted: liftsTarget };
  const names = ['releases', 'rollout', 'blocklist', 'lifted'] as const;
  return {
    keys: Object.assign({}, ...names.map((role) => tufKeys(keys[role]))) as Record<string, TufKey>,
    roles: names.map((name) => ({ name, ...roleKeys(keys[name]), terminating: true, paths: [paths[name]] })),
  };
}

/** A binned role hands all of its bins to its own keys. */
export function binDelegations(role: BinnedRole, keys: RoleKeySet): Delegations {
  return { keys: tufKeys(keys), succinct_roles: { ...roleKeys(keys), bit_length: binBits, name_prefix: role } };
}

function tufKeys({ keys }: RoleKeySet): Record<string, TufKey> {
  return Object.fromEntries(keys.map(({ keyId, publicHex }) => [keyId, toTufKey(publicHex)]));
}

/** A role's keys as metadata names them. */
export function roleKeys({ keys, threshold }: RoleKeySet): RoleKeys {
  return { keyids: keys.map(({ keyId }) => keyId), threshold };
}
