import { sameCommit } from './commit.ts';
import { compareDebian, isDebianVersion } from './debian-version.ts';
import type { Kernel, KernelUpstream } from './kernel.ts';
import type { AffectedAnswer } from './queue-entry.ts';
import type { Statement, Status, Vulnerability } from './record.ts';
import { upstreamStatus } from './upstream-status.ts';
import { formatUpstream } from './upstream-version.ts';

function nameOf(upstream: KernelUpstream): string {
  if (upstream.known === 'exactly') return formatUpstream(upstream.version);
  return `${upstream.major}.${upstream.minor}.x`;
}

/** The commits of a kernel by their first digits; kept, because a kernel is asked about thousands of CVEs. */
const indexes = new WeakMap<readonly string[], ReadonlyMap<string, readonly string[]>>();

function commitIndex(commits: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const known = indexes.get(commits);
  if (known !== undefined) return known;
  const index = Map.groupBy(commits, (id) => id.slice(0, 7));
  indexes.set(commits, index);
  return index;
}

/** By a fix that the kernel is known to have. */
function byCommit({ fixCommits }: Vulnerability, { commits }: Kernel): AffectedAnswer | undefined {
  const index = commitIndex(commits);
  const fix = fixCommits.find((id) => index.get(id.slice(0, 7))?.some((other) => sameCommit(id, other)) ?? false);
  return fix === undefined
    ? undefined
    : { status: 'unaffected', because: `The kernel has the fix ${fix.slice(0, 12)}.` };
}

type PackageStatement = Extract<Statement, { kind: 'package' }>;

function packageStatement({ statements }: Vulnerability, kernel: Kernel): PackageStatement | undefined {
  const from = kernel.package;
  if (from === null) return undefined;
  const about = statements.filter(
    (one): one is PackageStatement =>
      one.kind === 'package' && one.by === from.distribution && one.source === from.source,
  );
  // Debian's list names a suite only where it differs from unstable.
  return (
    about.find(({ suite }) => suite === from.suite) ??
    (from.distribution === 'debian' ? about.find(({ suite }) => suite === 'sid') : undefined)
  );
}

/** By what the distribution says of its own package: it knows which fixes it took over. */
function byPackage(vulnerability: Vulnerability, kernel: Kernel): AffectedAnswer | undefined {
  const statement = packageStatement(vulnerability, kernel);
  if (statement === undefined || kernel.package === null || statement.status === 'unknown') return undefined;
  const { by, suite, source, fixedIn, status } = statement;
  const where = `${by === 'debian' ? 'Debian' : 'Ubuntu'} (${suite}, ${source})`;
  if (status === 'unaffected') return { status, because: `${where} says that it is not affected.` };
  if (fixedIn === null || !isDebianVersion(fixedIn))
    return { status: 'affected', because: `${where} says that it is not fixed yet.` };
  const fixed = compareDebian(kernel.package.version, fixedIn) >= 0;
  return {
    status: fixed ? 'unaffected' : 'affected',
    because: `${where} fixed it in ${fixedIn}, and the kernel is ${kernel.package.version}.`,
  };
}

/** By upstream's ranges. The kernel's own CNA decides; of others "affected" counts before "unaffected". */
function byVersion({ statements }: Vulnerability, kernel: Kernel): AffectedAnswer {
  const about = statements.filter((one) => one.kind === 'upstream');
  const answers = about.map((statement) => ({ by: statement.by, status: upstreamStatus(statement, kernel.upstream) }));
  const own = answers.filter(({ by }) => by === 'linux');
  const known = (own.some(({ status }) => status !== 'unknown') ? own : answers).map(({ status }) => status);
  const status: Status = (['affected', 'unaffected'] as const).find((word) => known.includes(word)) ?? 'unknown';
  // One statement that cannot tell leaves the whole open, unless another says "affected".
  const decided = status === 'unaffected' && known.includes('unknown') ? 'unknown' : status;
  const name = nameOf(kernel.upstream);
  if (decided === 'affected') return { status: decided, because: `Upstream ${name} is in an affected range.` };
  if (decided === 'unaffected') return { status: decided, because: `Upstream ${name} is in no affected range.` };
  if (about.length === 0) return { status: decided, because: 'No source says which versions are affected.' };
  if (kernel.upstream.known === 'exactly')
    return { status: decided, because: `No source can tell for upstream ${name}.` };
  return {
    status: decided,
    because: `Some of ${name} is affected and some not, and ${kernel.release} does not tell which it is: give its upstream version.`,
  };
}

/**
 * Whether a kernel has a flaw: not where it has a commit that fixes it; else by what its distribution says of its package; else by
 * upstream's version ranges. `unknown` where the sources cannot tell, in particular where the kernel's upstream version is not known
 * and the answer depends on it.
 *
 * @example
 * ```ts
 * import { affects, describeKernel, type Vulnerability } from '@klpkit/triage';
 *
 * const isOpen = (flaw: Vulnerability) => affects(flaw, describeKernel('6.12.48+deb13-amd64')).status !== 'unaffected';
 * ```
 */
export function affects(vulnerability: Vulnerability, kernel: Kernel): AffectedAnswer {
  if (vulnerability.kernel === false) return { status: 'unaffected', because: 'It is not about the Linux kernel.' };
  return byCommit(vulnerability, kernel) ?? byPackage(vulnerability, kernel) ?? byVersion(vulnerability, kernel);
}
