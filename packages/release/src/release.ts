import * as z from 'zod';
import { describeIssue, ReleaseError } from './error.ts';
import {
  archSchema,
  kernelSchema,
  maxReroll,
  namePattern,
  sha256Schema,
  timeSchema,
  versionPattern,
} from './fields.ts';

/** Largest payload that a release may name, bytes. Real ones are far below; the kernel reads a module into memory as a whole. */
export const maxPayloadBytes = 268_435_456;

/** Most CVEs that one release may claim to fix: cumulative patches of a long-lived kernel carry some hundreds. */
export const maxFixes = 4096;

/**
 * The release document: what one livepatch is, for which kernel, and what its payload must hash to. Its authenticity comes from who
 * published it; it holds nothing that is secret.
 */
export interface Release {
  /** Patch name over all its versions, `/^[a-z0-9][a-z0-9._-]{0,63}$/`. */
  readonly name: string;
  /** Version, `/^[0-9A-Za-z][0-9A-Za-z.+~_]{0,63}$/`. */
  readonly version: string;
  /** How often the same version was issued again: 0 to 999. */
  readonly reroll: number;
  /** The one kernel it is for, exactly as `uname -r` says it. */
  readonly kernel: string;
  /** `uname -m` of that kernel. */
  readonly arch: string;
  /** SHA-256 of the payload file as shipped (compressed, signed), lower-case hex. */
  readonly sha256: string;
  /** Size of the payload file as shipped, bytes: 1 to {@link maxPayloadBytes}. */
  readonly size: number;
  /** CVE ids that it fixes, without doubles; may be empty (a cumulative no-op, a test patch). */
  readonly fixes: readonly string[];
  /** When coverage of this kernel ends, epoch ms; `null`: not known. */
  readonly endOfLife: number | null;
  /** SHA-256 of the qualification attestation, lower-case hex; `null`: none was made. */
  readonly evidence: string | null;
}

const cveSchema = z.string().regex(/^CVE-[0-9]{4}-[0-9]{4,19}$/, 'must be a CVE id');

/**
 * Schema of the release document, closed: an unknown field is refused. A Standard Schema, for whoever composes documents.
 *
 * @example
 * ```ts
 * import { releaseSchema } from '@klpkit/release';
 *
 * const complete = releaseSchema.safeParse({ name: 'lp' }).success; // false
 * ```
 */
export const releaseSchema: z.ZodType<Release> = z.strictObject({
  name: z.string().regex(namePattern, 'must be lower-case letters, digits, `.`, `_`, `-`'),
  version: z.string().regex(versionPattern, 'must be letters, digits, `.`, `+`, `~`, `_`'),
  reroll: z.int().min(0).max(maxReroll),
  kernel: kernelSchema,
  arch: archSchema,
  sha256: sha256Schema,
  size: z.int().min(1).max(maxPayloadBytes),
  fixes: z
    .array(cveSchema)
    .max(maxFixes)
    .refine((fixes) => new Set(fixes).size === fixes.length, 'must not name a CVE twice'),
  endOfLife: timeSchema.nullable(),
  evidence: sha256Schema.nullable(),
});

/**
 * Reads a release document out of parsed JSON.
 *
 * @throws ReleaseError `MALFORMED_RELEASE` with everything that is wrong in `issues`.
 * @example
 * ```ts
 * import { parseRelease, releaseKey } from '@klpkit/release';
 *
 * const release = parseRelease({
 *   name: 'cve-2024-1086', version: '2', reroll: 0, kernel: '6.1.0-50-cloud-amd64', arch: 'x86_64',
 *   sha256: 'ab'.repeat(32), size: 20480, fixes: ['CVE-2024-1086'], endOfLife: null, evidence: null,
 * });
 * const key = releaseKey(release); // 'cve-2024-1086-2'
 * ```
 */
export function parseRelease(json: unknown): Release {
  const result = releaseSchema.safeParse(json);
  if (result.success) return result.data;
  const { issues } = result.error;
  throw new ReleaseError(
    'MALFORMED_RELEASE',
    `This is not a release document (${describeIssue(issues)}): have it published again.`,
    {
      issues: issues.map(({ path, message }) => ({ path, message })),
      cause: result.error,
    },
  );
}
