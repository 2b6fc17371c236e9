/** Debian's order of characters (deb-version(7)): `~` before the end, letters before the rest. */
function weight(unit: string | undefined): number {
  if (unit === undefined || /[0-9]/.test(unit)) return 0;
  if (unit === '~') return -1;
  const code = unit.codePointAt(0) ?? 0;
  return /[A-Za-z]/.test(unit) ? code : code + 256;
}

function compareText(a: string, b: string): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const order = weight(a[index]) - weight(b[index]);
    if (order !== 0) return order;
  }
  return 0;
}

function compareNumber(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Compares runs of text and of digits in turn. */
function comparePart(a: string, b: string): number {
  const [left, right] = [a.split(/([0-9]+)/), b.split(/([0-9]+)/)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const [one, other] = [left[index] ?? '', right[index] ?? ''];
    const order = index % 2 === 0 ? compareText(one, other) : compareNumber(one, other);
    if (order !== 0) return order;
  }
  return 0;
}

function split(version: string): { epoch: string; upstream: string; revision: string } {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? '0' : version.slice(0, colon),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '0' : rest.slice(dash + 1),
  };
}

/** Whether a text has the form of a Debian package's version. */
export function isDebianVersion(text: string): boolean {
  return text.length <= 128 && /^(?:[0-9]{1,9}:)?[0-9][A-Za-z0-9.+~-]*$/.test(text);
}

/** The upstream part of a package's version. */
export function upstreamPart(version: string): string {
  return split(version).upstream;
}

/**
 * Order of two versions of Debian packages, as `dpkg --compare-versions` has it (deb-version(7)): negative, 0 or positive.
 *
 * @example
 * ```ts
 * import { compareDebian } from '@klpkit/triage';
 *
 * const order = compareDebian('6.1.9-1', '6.1.10-1~bpo11+1'); // negative
 * ```
 */
export function compareDebian(a: string, b: string): number {
  const [left, right] = [split(a), split(b)];
  return (
    compareNumber(left.epoch, right.epoch) ||
    comparePart(left.upstream, right.upstream) ||
    comparePart(left.revision, right.revision)
  );
}
