import { isCommit } from './commit.ts';
import { isDebianVersion, upstreamPart } from './debian-version.ts';
import { TriageError } from './error.ts';
import { formatUpstream, readUpstreamVersion, type UpstreamVersion } from './upstream-version.ts';

/** The distribution's package that a kernel comes from, for what Debian's and Ubuntu's trackers say. */
export interface KernelPackage {
  readonly distribution: 'debian' | 'ubuntu';
  /** Codename: `bookworm`, `noble`, or with the pocket in front as Ubuntu's tracker has it: `esm-infra/focal`. */
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

/** What is known of a kernel besides its release. */
export interface DescribeKernelOptions {
  /** Upstream version, where the release does not tell it: `6.1.192`. */
  readonly version?: string;
  readonly arch?: string;
  readonly package?: KernelPackage;
  readonly commits?: readonly string[];
}

/** Debian's names of architectures, which end a release, and the kernel's. */
const architectures: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  x86_64: 'x86_64',
  arm64: 'aarch64',
  aarch64: 'aarch64',
  s390x: 's390x',
  ppc64le: 'ppc64le',
  powerpc64le: 'ppc64le',
  ppc64el: 'ppc64le',
};

function wrong(message: string): TriageError {
  return new TriageError('MALFORMED_KERNEL', message);
}

/** The architecture that a release ends in, as distributions name it. */
function archIn(release: string): string | null {
  const last = release.split(/[-.]/).at(-1) ?? '';
  return Object.hasOwn(architectures, last) ? (architectures[last] ?? null) : null;
}

/**
 * The upstream version out of a release. `X.Y.0-N` numbers the distribution's interface (Debian, Ubuntu, Red Hat), and the numbers of
 * SUSE's service packs follow a base version that says nothing of what was taken over since: there the series alone is known.
 */
function upstreamIn(release: string): KernelUpstream {
  const [, major, minor, patch = '0', rest = ''] =
    /^([0-9]{1,4})\.([0-9]{1,5})(?:\.([0-9]{1,6}))?((?:[-+.~].*)?)$/.exec(release) ?? [];
  if (major === undefined || minor === undefined) {
    throw wrong(`${JSON.stringify(release.slice(0, 64))} is not a kernel release as \`uname -r\` says it.`);
  }
  const [, rc] = /^[-~]rc([0-9]{1,3})(?![0-9])/.exec(rest) ?? [];
  const numbers = { major: Number(major), minor: Number(minor) };
  const own = Number(patch) === 0 && /^-[0-9]/.test(rest);
  if (own || /^-[0-9]{6}\./.test(rest)) return { known: 'series', ...numbers };
  return { known: 'exactly', version: { ...numbers, patch: Number(patch), rc: rc === undefined ? null : Number(rc) } };
}

function upstreamFrom(release: string, options: DescribeKernelOptions): KernelUpstream {
  const told = upstreamIn(release);
  // Debian's package is named after the upstream version; the release of Debian 12 is not.
  const named = options.package?.distribution === 'debian' ? upstreamPart(options.package.version) : undefined;
  const text = options.version ?? (told.known === 'series' ? named : undefined);
  if (text === undefined) return told;
  const version = readUpstreamVersion(text.replace(/\+.*$/, ''));
  if (version === undefined)
    throw wrong(`${JSON.stringify(text.slice(0, 40))} is not an upstream version such as 6.1.192.`);
  const series = told.known === 'series' ? told : told.version;
  if (version.major !== series.major || version.minor !== series.minor) {
    throw wrong(`the kernel ${release} cannot be built from ${formatUpstream(version)}: check the version.`);
  }
  return { known: 'exactly', version };
}

/**
 * Describes a kernel by its release, and by what else is known. Debian's `6.1.0-56-amd64` says nothing of the upstream version 6.1.192
 * that it is: without `version` or `package` only the series 6.1 is known, and some questions get `unknown` for an answer.
 *
 * @param release exactly as `uname -r` says it
 * @throws TriageError `MALFORMED_KERNEL`
 * @example
 * ```ts
 * import { describeKernel } from '@klpkit/triage';
 *
 * const trixie = describeKernel('6.12.48+deb13-amd64'); // exactly 6.12.48, x86_64
 * const bookworm = describeKernel('6.1.0-56-amd64', { version: '6.1.192' });
 * ```
 */
export function describeKernel(release: string, options: DescribeKernelOptions = {}): Kernel {
  if (!/^[0-9A-Za-z][0-9A-Za-z.+~_-]{0,63}$/.test(release)) {
    throw wrong(`${JSON.stringify(release.slice(0, 64))} is not a kernel release as \`uname -r\` says it.`);
  }
  const { package: from, commits = [] } = options;
  if (from !== undefined && !isDebianVersion(from.version))
    throw wrong('the version of the package is not one of Debian or Ubuntu.');
  if (!commits.every(isCommit)) throw wrong('commits are 7 to 40 lower-case hex digits.');
  const upstream = upstreamFrom(release, options);
  return { release, arch: options.arch ?? archIn(release), upstream, package: from ?? null, commits };
}
