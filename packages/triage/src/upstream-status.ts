import type { KernelUpstream } from './kernel.ts';
import type { Statement, Status, UpstreamRange } from './record.ts';
import { compareUpstream, readUpstreamVersion, type UpstreamVersion } from './upstream-version.ts';

type UpstreamStatement = Extract<Statement, { kind: 'upstream' }>;

/** A number that no patch level reaches. */
const lastPatch = 10_000_000;

interface Bounds {
  readonly from: UpstreamVersion;
  readonly below: UpstreamVersion | null;
  readonly through: UpstreamVersion | null;
  readonly status: Status;
}

/** `6.1.*` as the last of its series, `6.*` as the last of 6. */
function upTo(text: string): UpstreamVersion | null {
  if (!text.endsWith('*')) return readUpstreamVersion(text) ?? null;
  const series = readUpstreamVersion(text.replace(/\.?\*$/, ''));
  if (series === undefined) return { major: lastPatch, minor: lastPatch, patch: lastPatch, rc: null };
  const isMajor = /^v?[0-9]+\.\*$/.test(text);
  return { ...series, minor: isMajor ? lastPatch : series.minor, patch: lastPatch, rc: null };
}

/** `null` for a range that cannot be read; the readers let none through. */
function boundsOf({ from, below, through, status }: UpstreamRange): Bounds | null {
  const first = readUpstreamVersion(from);
  if (first === undefined) return null;
  if (below !== null) {
    const end = upTo(below);
    return end === null ? null : { from: first, below: end, through: null, status };
  }
  const last = through === null ? first : upTo(through);
  return last === null ? null : { from: first, below: null, through: last, status };
}

function holds({ from, below, through }: Bounds, version: UpstreamVersion): boolean {
  if (compareUpstream(from, version) > 0) return false;
  if (below !== null) return compareUpstream(version, below) < 0;
  return through !== null && compareUpstream(version, through) <= 0;
}

function statusAt(ranges: readonly Bounds[], otherwise: Status, version: UpstreamVersion): Status {
  return ranges.find((range) => holds(range, version))?.status ?? otherwise;
}

/** What a statement says of a version; of a series, what it says of all its releases alike, else unknown. */
export function upstreamStatus(statement: UpstreamStatement, upstream: KernelUpstream): Status {
  const ranges = statement.ranges.map(boundsOf);
  const readable = ranges.filter((range) => range !== null);
  const otherwise = readable.length === ranges.length ? statement.otherwise : 'unknown';
  if (upstream.known === 'exactly') return statusAt(readable, otherwise, upstream.version);
  const { major, minor } = upstream;
  // The answer changes at the ends of ranges only, so to ask there and at both ends of the series is to ask everywhere.
  const samples = new Set([0, lastPatch]);
  for (const { from, below, through } of readable) {
    for (const end of [from, below, through]) {
      if (end?.major === major && end.minor === minor) samples.add(end.patch).add(end.patch + 1);
    }
  }
  const answers = new Set(
    [...samples].map((patch) => statusAt(readable, otherwise, { major, minor, patch, rc: null })),
  );
  const [only = 'unknown'] = answers;
  return answers.size === 1 ? only : 'unknown';
}
