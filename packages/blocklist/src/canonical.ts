import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Blocklist } from './blocklist.ts';

/**
 * JSON in one form only: keys sorted by code unit, no white space, numbers and strings as ECMAScript writes them (RFC 8785). For values
 * that came out of JSON.parse and a schema; `undefined` members are left out as JSON.stringify does.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/**
 * SHA-256 of what a list says, lower-case hex: of its canonical JSON without `issued` and `expires`, so that a renewed list has the same
 * digest. An action that this version does not know goes in as the document stated it.
 *
 * @example
 * ```ts
 * import { blocklistDigest, emptyBlocklist, refreshBlocklist } from '@klpkit/blocklist';
 *
 * const list = emptyBlocklist(0);
 * const same = blocklistDigest(refreshBlocklist(list, 1000)) === blocklistDigest(list); // true
 * ```
 */
export function blocklistDigest(list: Blocklist): string {
  const { issued: _issued, expires: _expires, entries, ...rest } = list;
  const stated = entries.map(({ statedAction, ...entry }) => ({ ...entry, action: statedAction ?? entry.action }));
  return bytesToHex(sha256(utf8ToBytes(canonicalJson({ ...rest, entries: stated }))));
}
