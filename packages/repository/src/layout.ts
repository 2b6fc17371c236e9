import { createHash } from 'node:crypto';

/** Where everything lies in a store. Metadata and targets as TUF's consistent snapshots (specification, section 6.2). */
export const timestampPath = 'metadata/timestamp.json';

/** A role's metadata of one version. */
export function metadataPath(name: string, version: number): string {
  return `metadata/${version}.${name}.json`;
}

/** A target under its digest: `releases/x86_64/6.1.json` becomes `targets/releases/x86_64/DIGEST.6.1.json`. */
export function targetPath(target: string, sha256: string): string {
  const cut = target.lastIndexOf('/') + 1;
  return `targets/${target.slice(0, cut)}${sha256}.${target.slice(cut)}`;
}

/** A payload under its digest. No TUF target: the release document, which is one, names digest and size. */
export function payloadPath(sha256: string): string {
  return `payloads/${sha256}`;
}

/** The target that lists a kernel's releases, or their rollout state. */
export function kernelTarget(
  role: 'releases' | 'rollout',
  kernel: { readonly arch: string; readonly kernel: string },
): string {
  return `${role}/${kernel.arch}/${kernel.kernel}.json`;
}

/** Targets of the two roles that sign one file each. */
export const blocklistTarget = 'blocklist.json';
export const liftsTarget = 'lifted.json';

/** SHA-256 in lower-case hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The bin of a target: the leftmost bits of its path's SHA-256 (TAP 15). */
export function binOf(role: 'releases' | 'rollout', target: string, bits: number): string {
  const first = createHash('sha256').update(target).digest().readUInt32BE() >>> (32 - bits);
  return `${role}-${first.toString(16).padStart(2, '0')}`;
}
