import { canonicalize } from '@tufjs/canonical-json';
import { Metadata, MetadataKind } from '@tufjs/models';
import { RepositoryError } from './error.ts';
import type { RepositorySigner } from './signer.ts';

/** Version of the TUF specification that is written. */
export const specVersion = '1.0.31';

/** Keys of a role and how many of them must sign. */
export interface RoleKeys {
  readonly keyids: readonly string[];
  readonly threshold: number;
}

/** `signed` of any role's metadata, as far as all have it in common. */
export interface SignedPart {
  readonly _type: 'root' | 'targets' | 'snapshot' | 'timestamp';
  readonly version: number;
  readonly spec_version: string;
  readonly expires: string;
}

/** Root metadata (specification, section 4.3). */
export interface SignedRoot extends SignedPart {
  readonly _type: 'root';
  readonly consistent_snapshot: true;
  readonly keys: Readonly<Record<string, TufKey>>;
  readonly roles: Readonly<Record<'root' | 'targets' | 'snapshot' | 'timestamp', RoleKeys>>;
}

/** Targets metadata (section 4.5). */
export interface SignedTargets extends SignedPart {
  readonly _type: 'targets';
  readonly targets: Readonly<Record<string, TargetMeta>>;
  readonly delegations?: Delegations;
}

/** Snapshot metadata (section 4.4). */
export interface SignedSnapshot extends SignedPart {
  readonly _type: 'snapshot';
  readonly meta: Readonly<
    Record<
      string,
      { readonly version: number; readonly length?: number; readonly hashes?: { readonly sha256: string } }
    >
  >;
}

/** Timestamp metadata (section 4.6). */
export interface SignedTimestamp extends SignedPart {
  readonly _type: 'timestamp';
  readonly meta: {
    readonly 'snapshot.json': {
      readonly version: number;
      readonly length: number;
      readonly hashes: { readonly sha256: string };
    };
  };
}

/** A key as metadata writes it. */
export interface TufKey {
  readonly keytype: string;
  readonly scheme: string;
  readonly keyval: { readonly public: string };
}

/** Length and digest of a target. */
export interface TargetMeta {
  readonly length: number;
  readonly hashes: { readonly sha256: string };
  /** TUF leaves it to the repository; ours names the releases in a kernel's index, so that a key leads to its kernel. */
  readonly custom?: { readonly releases: readonly string[] };
}

/** Who signs which paths. Either named roles or, for bins, `succinct_roles`. */
export interface Delegations {
  readonly keys: Readonly<Record<string, TufKey>>;
  readonly roles?: readonly (RoleKeys & {
    readonly name: string;
    readonly terminating: boolean;
    readonly paths: readonly string[];
  })[];
  readonly succinct_roles?: RoleKeys & { readonly bit_length: number; readonly name_prefix: string };
}

/** TUF's time format: seconds, UTC. */
export function expiryOf(now: number, lifetimeMs: number): string {
  return `${new Date(now + lifetimeMs).toISOString().slice(0, 19)}Z`;
}

/**
 * Signs metadata with every key at hand that the role names, and checks the outcome with the models that clients read it with.
 *
 * @throws RepositoryError `MISSING_KEYS`
 */
export async function signMetadata(
  signed: SignedPart,
  role: string,
  keys: RoleKeys,
  signers: readonly RepositorySigner[],
): Promise<Uint8Array> {
  const usable = keys.keyids.flatMap((keyId) => signers.find((signer) => signer.keyId === keyId) ?? []);
  if (usable.length < keys.threshold) {
    throw new RepositoryError(
      'MISSING_KEYS',
      `Role ${role} needs ${keys.threshold} of its keys, ${usable.length} are at hand: bring the others.`,
      { subject: role },
    );
  }
  const bytes = new TextEncoder().encode(canonicalize(signed));
  const signatures = await Promise.all(
    usable.map(async ({ keyId, sign }) => ({ keyid: keyId, sig: Buffer.from(await sign(bytes)).toString('hex') })),
  );
  const document = { signatures, signed };
  checkWithModels(document);
  return new TextEncoder().encode(`${JSON.stringify(document)}\n`);
}

// The models' classes know more rules than our types: what they refuse must not be published.
function checkWithModels(document: { readonly signed: SignedPart }): void {
  const { _type: type } = document.signed;
  const data = JSON.parse(JSON.stringify(document)) as Parameters<typeof Metadata.fromJSON>[1];
  switch (type) {
    case 'root':
      Metadata.fromJSON(MetadataKind.Root, data);
      return;
    case 'targets':
      Metadata.fromJSON(MetadataKind.Targets, data);
      return;
    case 'snapshot':
      Metadata.fromJSON(MetadataKind.Snapshot, data);
      return;
    case 'timestamp':
      Metadata.fromJSON(MetadataKind.Timestamp, data);
  }
}
