import * as z from 'zod';

/** `name` of a release: what the patch is called over all its versions. */
export const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** `version` of a release. It has no `-`, so that a key splits one way only. */
export const versionPattern = /^[0-9A-Za-z][0-9A-Za-z.+~_]{0,63}$/;

/** Highest re-roll: a patch that was issued again a thousand times has another problem. */
export const maxReroll = 999;

/**
 * A point in time, epoch milliseconds, up to the end of the year 9999.
 *
 * @example
 * ```ts
 * import { timeSchema } from '@klpkit/release';
 *
 * const seconds = timeSchema.safeParse(1.5).success; // false
 * ```
 */
export const timeSchema: z.ZodType<number> = z.int().min(0).max(253_402_300_799_999);

/**
 * SHA-256 in lower-case hex, 64 digits.
 *
 * @example
 * ```ts
 * import { sha256Schema } from '@klpkit/release';
 *
 * const fits = sha256Schema.safeParse('00'.repeat(32)).success; // true
 * ```
 */
export const sha256Schema: z.ZodType<string> = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits');

/**
 * A kernel release exactly as `uname -r` says it; the kernel itself keeps at most 64 characters (`__NEW_UTS_LEN`).
 *
 * @example
 * ```ts
 * import { kernelSchema } from '@klpkit/release';
 *
 * const kernel = kernelSchema.parse('6.12.48+deb13-amd64');
 * ```
 */
export const kernelSchema: z.ZodType<string> = z
  .string()
  .regex(/^[0-9A-Za-z][0-9A-Za-z.+~_-]{0,63}$/, 'must be a kernel release as `uname -r` says it');

/**
 * An architecture as `uname -m` says it: x86_64, aarch64, s390x, ppc64le. Others are let through, because the kernel gains them.
 *
 * @example
 * ```ts
 * import { archSchema } from '@klpkit/release';
 *
 * const arch = archSchema.parse('x86_64');
 * ```
 */
export const archSchema: z.ZodType<string> = z
  .string()
  .regex(/^[a-z0-9_]{1,16}$/, 'must be an architecture as `uname -m` says it');
