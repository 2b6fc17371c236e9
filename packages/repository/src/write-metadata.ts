import { metadataPath, sha256Hex, timestampPath } from './layout.ts';
import {
  expiryOf,
  type SignedRoot,
  type SignedSnapshot,
  type SignedTimestamp,
  signMetadata,
  specVersion,
  type TargetMeta,
} from './metadata.ts';
import type { RoleLifetimes } from './role.ts';
import type { RepositorySigner } from './signer.ts';

/** What the two uppermost files are made of. */
export interface TopOfTree {
  /** Version of each targets role. */
  readonly versions: Readonly<Record<string, number>>;
  readonly snapshotVersion: number;
  readonly timestampVersion: number;
  readonly root: SignedRoot;
  readonly now: number;
  readonly lifetimes: RoleLifetimes;
}

/** A file that is signed and not yet written. */
export interface PendingFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Length and digest of a target. */
export function targetMeta(bytes: Uint8Array): TargetMeta {
  return { length: bytes.length, hashes: { sha256: sha256Hex(bytes) } };
}

/** Signs snapshot and timestamp. The timestamp comes last: with it the new state is there, before it nothing is. */
export async function signTopOfTree(
  top: TopOfTree,
  signers: readonly RepositorySigner[],
): Promise<readonly PendingFile[]> {
  const meta = Object.fromEntries(Object.entries(top.versions).map(([name, version]) => [`${name}.json`, { version }]));
  const snapshot: SignedSnapshot = {
    _type: 'snapshot',
    version: top.snapshotVersion,
    spec_version: specVersion,
    expires: expiryOf(top.now, top.lifetimes.snapshot),
    meta,
  };
  const snapshotBytes = await signMetadata(snapshot, 'snapshot', top.root.roles.snapshot, signers);
  const timestamp: SignedTimestamp = {
    _type: 'timestamp',
    version: top.timestampVersion,
    spec_version: specVersion,
    expires: expiryOf(top.now, top.lifetimes.timestamp),
    meta: { 'snapshot.json': { version: top.snapshotVersion, ...targetMeta(snapshotBytes) } },
  };
  const timestampBytes = await signMetadata(timestamp, 'timestamp', top.root.roles.timestamp, signers);
  return [
    { path: metadataPath('snapshot', top.snapshotVersion), bytes: snapshotBytes },
    { path: timestampPath, bytes: timestampBytes },
  ];
}
