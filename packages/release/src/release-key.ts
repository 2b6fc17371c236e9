import * as z from 'zod';
import { ReleaseError } from './error.ts';
import { maxReroll, namePattern, versionPattern } from './fields.ts';

/** What identifies a release: everything else follows from it. */
export interface ReleaseIdentity {
  readonly name: string;
  readonly version: string;
  /** 0 for the first issue. */
  readonly reroll: number;
}

const keyPattern = /^([a-z0-9][a-z0-9._-]{0,63})-([0-9A-Za-z][0-9A-Za-z.+~_]{0,63})(?:#([1-9][0-9]{0,2}))?$/;

/**
 * The key of a release: `name-version`, and `name-version#n` from the n-th re-roll on. It is what buckets are salted with and what every
 * other document names a release by.
 *
 * @throws ReleaseError `MALFORMED_KEY` where a part is out of its range, so that no two releases share a key.
 * @example
 * ```ts
 * import { releaseKey } from '@klpkit/release';
 *
 * const key = releaseKey({ name: 'cve-2024-1086', version: '2', reroll: 1 }); // 'cve-2024-1086-2#1'
 * ```
 */
export function releaseKey(release: Pick<ReleaseIdentity, 'name' | 'version' | 'reroll'>): string {
  const { name, version, reroll } = release;
  const inRange = Number.isInteger(reroll) && reroll >= 0 && reroll <= maxReroll;
  if (!namePattern.test(name) || !versionPattern.test(version) || !inRange) {
    throw new ReleaseError(
      'MALFORMED_KEY',
      `No key can be made of this name, version and re-roll: check the release before you ask for its key.`,
    );
  }
  return reroll === 0 ? `${name}-${version}` : `${name}-${version}#${reroll}`;
}

/**
 * The parts of a key; the other way round of {@link releaseKey}.
 *
 * @throws ReleaseError `MALFORMED_KEY`
 * @example
 * ```ts
 * import { parseReleaseKey } from '@klpkit/release';
 *
 * const { name, version, reroll } = parseReleaseKey('lp-6.8.0-45.2'); // 'lp-6.8.0', '45.2', 0
 * ```
 */
export function parseReleaseKey(key: string): { name: string; version: string; reroll: number } {
  const match = keyPattern.exec(key);
  if (match === null) {
    throw new ReleaseError(
      'MALFORMED_KEY',
      'A release key is `name-version` or `name-version#n`: check where this one was taken from.',
    );
  }
  const [, name = '', version = '', reroll = '0'] = match;
  return { name, version, reroll: Number(reroll) };
}

/**
 * A release's key as a field of another document.
 *
 * @example
 * ```ts
 * import { releaseKeySchema } from '@klpkit/release';
 *
 * const key = releaseKeySchema.parse('lp-6.8.0-45.2');
 * ```
 */
export const releaseKeySchema: z.ZodType<string> = z
  .string()
  .regex(keyPattern, 'must be a release key: name-version or name-version#n');
