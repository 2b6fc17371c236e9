import { isIPv6 } from 'node:net';

const groups = 8;
/** One subscriber is given at least so much of IPv6 (RFC 6177), and may call himself whatever he likes in it. */
const networkGroups = 4;

/** Whom an address belongs to, as limits count: itself in IPv4, its /64 in IPv6 (`2001:db8:0:1::/64`). */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [front = '', back] = address.replace(/%.*$/, '').split('::');
  const before = front === '' ? [] : front.split(':');
  const after = back === undefined || back === '' ? [] : back.split(':');
  const zeros = Array.from({ length: Math.max(0, groups - before.length - after.length) }, () => '0');
  const all = back === undefined ? before : [...before, ...zeros, ...after];
  const network = all.slice(0, networkGroups).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
