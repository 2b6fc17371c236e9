import { TriageError } from './error.ts';

/** A version of the upstream kernel. `rc` is `null` for a release. */
export interface UpstreamVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly rc: number | null;
}

const form = /^v?([0-9]{1,4})(?:\.([0-9]{1,5}))?(?:\.([0-9]{1,6}))?(?:[-~.]?rc([0-9]{1,3}))?$/;

/** Reads an upstream version; `undefined` where it is none. */
export function readUpstreamVersion(text: string): UpstreamVersion | undefined {
  // 2.6.32.71 and its like: what counts as the series has one number more there.
  const old = /^v?2\.6\.([0-9]{1,3})(?:\.([0-9]{1,4}))?(?:[-~]rc([0-9]{1,3}))?$/.exec(text);
  if (old !== null) {
    const [, series, patch = '0', rc] = old;
    return {
      major: 2,
      minor: 6 * 1000 + Number(series),
      patch: Number(patch),
      rc: rc === undefined ? null : Number(rc),
    };
  }
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, major, minor = '0', patch = '0', rc] = match;
  return { major: Number(major), minor: Number(minor), patch: Number(patch), rc: rc === undefined ? null : Number(rc) };
}

/**
 * Reads a version of the upstream kernel: `6.12`, `6.12.48`, `v6.14-rc7`, `6.14~rc7`. Series 2.6.x count the fourth number as the patch
 * level, as upstream did.
 *
 * @throws TriageError `MALFORMED_VERSION`
 * @example
 * ```ts
 * import { compareUpstream, parseUpstreamVersion } from '@klpkit/triage';
 *
 * const order = compareUpstream(parseUpstreamVersion('6.14-rc7'), parseUpstreamVersion('6.14')); // negative
 * ```
 */
export function parseUpstreamVersion(text: string): UpstreamVersion {
  const version = text.length > 40 ? undefined : readUpstreamVersion(text);
  if (version !== undefined) return version;
  throw new TriageError(
    'MALFORMED_VERSION',
    `${JSON.stringify(text.slice(0, 40))} is not a version of the upstream kernel such as 6.12.48 or 6.14-rc7.`,
  );
}

/** Release candidates have three digits at most; the release comes after all of them. */
const rank = (rc: number | null): number => rc ?? 1000;

/**
 * Order of two upstream versions: negative, 0 or positive. A release candidate comes before its release.
 *
 * @example
 * ```ts
 * import { compareUpstream, parseUpstreamVersion } from '@klpkit/triage';
 *
 * const order = compareUpstream(parseUpstreamVersion('6.9'), parseUpstreamVersion('6.12')); // negative: not as text
 * ```
 */
export function compareUpstream(a: UpstreamVersion, b: UpstreamVersion): number {
  return a.major - b.major || a.minor - b.minor || a.patch - b.patch || rank(a.rc) - rank(b.rc);
}

/** A version as upstream writes it. */
export function formatUpstream({ major, minor, patch, rc }: UpstreamVersion): string {
  const series = major === 2 && minor >= 6000 ? `2.6.${minor - 6000}` : `${major}.${minor}`;
  return `${series}${patch === 0 ? '' : `.${patch}`}${rc === null ? '' : `-rc${rc}`}`;
}
