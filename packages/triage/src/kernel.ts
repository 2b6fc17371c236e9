import type { UpstreamVersion } from './upstream-version.ts';

/** The distribution's package that a kernel comes from, for what Debian's and Ubuntu's trackers say. */
export interface KernelPackage {
  readonly distribution: 'debian' | 'ubuntu';
  /** Codename: `bookworm`, `noble`. */
  readonly suite: string;
  /** Source package: `linux`, `linux-aws`. */
  readonly source: string;
  /** Version of that package: `6.1.129-1`. */
  readonly version: string;
}

/** A kernel that a livepatch might be written for. */
export interface Kernel {
  /** Exactly as `uname -r` says it. */
  readonly release: string;
  /** `uname -m`; `null`: not known. */
  readonly arch: string | null;
  /** What is known of the upstream version that it is built from. */
  readonly upstream: KernelUpstream;
  readonly package: KernelPackage | null;
  /** Commits that it has on top of its upstream version, lower-case hex of 7 digits or more. */
  readonly commits: readonly string[];
}

/** How exactly a kernel's upstream version is known. */
export type KernelUpstream =
  /** To the point: 6.12.48. */
  | { readonly known: 'exactly'; readonly version: UpstreamVersion }
  /** The series alone, 6.1: the release's number is the distribution's (Debian's 6.1.0-56, Ubuntu's 5.15.0-91). */
  | { readonly known: 'series'; readonly major: number; readonly minor: number };
