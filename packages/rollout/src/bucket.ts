import { sha256 } from '@noble/hashes/sha2.js';
import { RolloutError } from './error.ts';
import type { NodeId } from './node-id.ts';

/** 100 % in micro-percent. */
export const allMicroPercent = 100_000_000;

/** One above the highest position, 2^48. */
export const positions = 281_474_976_710_656;

const half = 16_777_216; // 2^24
const odd = 390_625; // 10^8 / 2^8: what is left of the percentage's unit when the powers of two are cancelled

/**
 * Where a machine stands in the order in which a release reaches them: 0 to 2^48 - 1, the first 48 bits, big endian, of
 * SHA-256("rollout-v1" 00 release 00 node). It does not depend on the percentage, so a bucket only ever grows, and it is independent
 * from release to release, so it is never always the same machines that go first.
 *
 * @param release The release's key, hashed as it stands.
 * @example
 * ```ts
 * import { nodeIdOf, positionOf } from '@klpkit/rollout';
 *
 * const node = nodeIdOf('0102030405060708090a0b0c0d0e0f10', 'f03daaeb1c334b43a732172944bf772e');
 * const position = positionOf(node, 'lp-6.8.0-45.1'); // 110968163659705
 * ```
 */
export function positionOf(node: NodeId, release: string): number {
  const hash = sha256(utf8Of(`rollout-v1\0${release}\0${node}`));
  let position = 0;
  for (let index = 0; index < 6; index++) position = position * 256 + (hash[index] ?? 0);
  return position;
}

const encoder = new TextEncoder();
const scratch = new Uint8Array(768);

/** Encodes into one buffer, which is read before the next call: a third of the time went into making a new one each time. */
function utf8Of(text: string): Uint8Array {
  if (text.length * 3 > scratch.length) return encoder.encode(text);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}

/**
 * Whether a position is inside a percentage: `position * 10^8 < microPercent * 2^48`, exactly. 0 % is nobody, 100 % everybody.
 *
 * @throws RolloutError `OUT_OF_RANGE` for anything but integers in range.
 * @example
 * ```ts
 * import { isWithin } from '@klpkit/rollout';
 *
 * const reached = isWithin(110_968_163_659_705, 40_000_000); // true, it stands at 39.42 %
 * ```
 */
export function isWithin(position: number, microPercent: number): boolean {
  if (!Number.isInteger(position) || position < 0 || position >= positions) {
    throw new RolloutError('OUT_OF_RANGE', 'A position is an integer from 0 to 2^48 - 1: take it from positionOf.');
  }
  checkMicroPercent(microPercent);
  // Both sides divided by 2^8, then by 2^24 rounded down, which keeps the comparison because the right side is a whole multiple of 2^24.
  // Every product stays below 2^53.
  const high = Math.floor(position / half);
  const low = position % half;
  return high * odd + Math.floor((low * odd) / half) < microPercent * 65_536;
}

/**
 * A position as a percentage, to be shown: a machine is reached once a phase is above it. Decisions are taken by {@link isWithin}.
 *
 * @example
 * ```ts
 * import { percentOf } from '@klpkit/rollout';
 *
 * const percent = percentOf(110_968_163_659_705); // 39.42381129452066
 * ```
 */
export function percentOf(position: number): number {
  return (position / positions) * 100;
}

/** Refuses what is not a percentage in micro-percent. */
export function checkMicroPercent(microPercent: number): void {
  if (Number.isInteger(microPercent) && microPercent >= 0 && microPercent <= allMicroPercent) return;
  throw new RolloutError('OUT_OF_RANGE', 'A percentage is an integer from 0 to 100000000 micro-percent.');
}
