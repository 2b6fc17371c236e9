import { isCommit } from './commit.ts';
import { isDebianVersion } from './debian-version.ts';
import type { OsvAffected, OsvRange } from './osv-schema.ts';
import { isKernelSource, malformed } from './read-context.ts';
import type { CommitRange, Statement, UpstreamRange } from './record.ts';
import { suiteOf } from './suite.ts';
import { compareUpstream, readUpstreamVersion, type UpstreamVersion } from './upstream-version.ts';

/** Whether an entry is about upstream's kernel: the ecosystem `Linux`, or the kernel's repositories. */
function isUpstream({ package: named, ranges = [] }: OsvAffected): boolean {
  if (named !== undefined) return named.ecosystem === 'Linux' && named.name.toLowerCase() === 'kernel';
  return ranges.some(({ repo = '' }) => /(?:git\.kernel\.org|github\.com)\/.{0,80}linux(?:\.git)?\/?$/.test(repo));
}

/** Whether an entry is about a kernel. */
export function isKernelEntry(entry: OsvAffected): boolean {
  if (isUpstream(entry)) return true;
  return (
    entry.package !== undefined && suiteOf(entry.package.ecosystem) !== undefined && isKernelSource(entry.package.name)
  );
}

function commitRanges({ events }: OsvRange, at: string): CommitRange[] {
  const introduced: string[] = [];
  const ends: { fixed: string | null; lastAffected: string | null }[] = [];
  for (const [index, event] of events.entries()) {
    const id = event.introduced ?? event.fixed ?? event.last_affected ?? event.limit ?? '';
    if (id !== '0' && id !== '*' && !isCommit(id)) throw malformed(`${at}.events[${index}]`, 'must be a commit id.');
    if (event.introduced !== undefined) introduced.push(id);
    else if (event.fixed !== undefined) ends.push({ fixed: id, lastAffected: null });
    else if (event.last_affected !== undefined) ends.push({ fixed: null, lastAffected: id });
  }
  // Which end belongs to which beginning only the history tells; each end is kept with the first, which is all that is asked of it here.
  const [first = '0', ...others] = introduced;
  const open = { fixed: null, lastAffected: null };
  return [
    ...(ends.length === 0 ? [open] : ends).map((end) => ({ introduced: first, ...end })),
    ...others.map((id) => ({ introduced: id, ...open })),
  ];
}

interface Turn {
  readonly at: UpstreamVersion;
  readonly text: string;
  readonly kind: 'introduced' | 'fixed' | 'last_affected' | 'limit';
}

function turnsOf({ events }: OsvRange, at: string): Turn[] {
  return events.flatMap((event, index) => {
    const kind = (['introduced', 'fixed', 'last_affected', 'limit'] as const).find((name) => event[name] !== undefined);
    const text = kind === undefined ? undefined : event[kind];
    if (kind === undefined || text === undefined || text === '*') return [];
    const version = readUpstreamVersion(text);
    if (version === undefined) throw malformed(`${at}.events[${index}].${kind}`, 'must be a kernel version.');
    return [{ at: version, text, kind }];
  });
}

/** Events as ranges, by the evaluation algorithm of the OSV format: sorted, each beginning up to the next end. */
function upstreamRanges(range: OsvRange, at: string): UpstreamRange[] {
  const ranges: UpstreamRange[] = [];
  let from: string | undefined;
  for (const { text, kind } of turnsOf(range, at).toSorted((a, b) => compareUpstream(a.at, b.at))) {
    if (kind === 'introduced') from ??= text;
    else if (from !== undefined) {
      const through = kind === 'last_affected' ? text : null;
      ranges.push({ from, below: through === null ? text : null, through, status: 'affected' });
      from = undefined;
    }
  }
  if (from !== undefined) ranges.push({ from, below: null, through: '*', status: 'affected' });
  return ranges;
}

function packageStatements(entry: OsvAffected, at: string): Statement[] {
  const { ecosystem = '', name = '' } = entry.package ?? {};
  const place = suiteOf(ecosystem);
  if (place === undefined) return [];
  return (entry.ranges ?? []).flatMap((range, index): Statement[] => {
    if (range.type !== 'ECOSYSTEM') return [];
    const fixed = range.events.find((event) => event.fixed !== undefined)?.fixed ?? null;
    if (fixed !== null && !isDebianVersion(fixed)) {
      throw malformed(`${at}.ranges[${index}].events`, "must be a package's version.");
    }
    return [{ kind: 'package', ...place, source: name, status: 'affected', fixedIn: fixed }];
  });
}

/**
 * What an `affected` entry of an OSV record says of a kernel.
 *
 * @throws TriageError `MALFORMED_RECORD` with the JSON path.
 */
export function osvStatements(entry: OsvAffected, by: string, at: string): Statement[] {
  if (!isKernelEntry(entry)) return [];
  if (!isUpstream(entry)) return packageStatements(entry, at);
  const placed = (entry.ranges ?? []).map((range, index) => ({ range, place: `${at}.ranges[${index}]` }));
  const commits = placed
    .filter(({ range }) => range.type === 'GIT')
    .flatMap(({ range, place }) => commitRanges(range, place));
  const versions = placed.filter(({ range }) => range.type !== 'GIT');
  const statements: Statement[] = [];
  if (commits.length > 0) statements.push({ kind: 'commits', by, ranges: commits });
  if (versions.length > 0) {
    const ranges = versions.flatMap(({ range, place }) => upstreamRanges(range, place));
    statements.push({ kind: 'upstream', by, otherwise: 'unaffected', ranges });
  }
  return statements;
}
