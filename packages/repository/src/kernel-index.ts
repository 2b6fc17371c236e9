import { type Release, releaseKey } from '@klpkit/release';
import {
  encodeDocument,
  type KernelReleases,
  type KernelRollouts,
  parseKernelReleases,
  parseKernelRollouts,
} from './documents.ts';
import { RepositoryError } from './error.ts';
import { binOf, kernelTarget } from './layout.ts';
import type { Transaction } from './publisher.ts';
import { binBits, binNames } from './role.ts';

/** A kernel: the unit that releases are published for. */
export interface KernelName {
  /** Exactly as `uname -r` says it. */
  readonly kernel: string;
  /** `uname -m`. */
  readonly arch: string;
}

/** A kernel's releases as they are published now; an empty list where there are none. */
export async function readReleases(transaction: Transaction, { kernel, arch }: KernelName): Promise<KernelReleases> {
  const target = kernelTarget('releases', { kernel, arch });
  const bytes = await transaction.read(binOf('releases', target, binBits), target);
  if (bytes !== undefined) return parseKernelReleases(bytes, target);
  return { type: 'releases', spec: 1, kernel, arch, releases: [], endOfLife: null };
}

/** Replaces a kernel's releases. The keys stand in the metadata too, so that a key leads to its kernel without reading every index. */
export async function writeReleases(transaction: Transaction, index: KernelReleases): Promise<void> {
  const target = kernelTarget('releases', index);
  const custom = { releases: index.releases.map(releaseKey) };
  await transaction.write(binOf('releases', target, binBits), target, encodeDocument(index), custom);
}

/** A kernel's rollout states as they are published now. */
export async function readRollouts(transaction: Transaction, { kernel, arch }: KernelName): Promise<KernelRollouts> {
  const target = kernelTarget('rollout', { kernel, arch });
  const bytes = await transaction.read(binOf('rollout', target, binBits), target);
  if (bytes !== undefined) return parseKernelRollouts(bytes, target);
  return { type: 'rollouts', spec: 1, kernel, arch, rollouts: [] };
}

/** Replaces a kernel's rollout states. */
export async function writeRollouts(transaction: Transaction, index: KernelRollouts): Promise<void> {
  const target = kernelTarget('rollout', index);
  await transaction.write(binOf('rollout', target, binBits), target, encodeDocument(index));
}

/** The kernel that a release's key belongs to, or `undefined`. */
export async function kernelOfRelease(transaction: Transaction, key: string): Promise<KernelName | undefined> {
  for (const bin of binNames('releases')) {
    const { targets } = await transaction.role(bin);
    const found = Object.entries(targets).find(([, { custom }]) => custom?.releases.includes(key) === true);
    if (found === undefined) continue;
    const [, arch, file] = found[0].split('/');
    if (arch !== undefined && file !== undefined) return { arch, kernel: file.replace(/\.json$/, '') };
  }
  return undefined;
}

/** The release with this key. */
export async function findRelease(transaction: Transaction, key: string): Promise<Release> {
  const kernel = await kernelOfRelease(transaction, key);
  const releases = kernel === undefined ? [] : (await readReleases(transaction, kernel)).releases;
  const release = releases.find((candidate) => releaseKey(candidate) === key);
  if (release !== undefined) return release;
  throw new RepositoryError('UNKNOWN_RELEASE', `No release ${key} is published here: add it first, or check the key.`, {
    subject: key,
  });
}
