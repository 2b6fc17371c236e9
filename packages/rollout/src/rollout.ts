import { releaseKeySchema, timeSchema } from '@klpkit/release';
import * as z from 'zod';
import { allMicroPercent } from './bucket.ts';
import { RolloutError } from './error.ts';

/** How far one tier is. */
export interface TierRollout {
  /** Name of the tier, `/^[a-z][a-z0-9-]{0,31}$/`. */
  readonly tier: string;
  /** Share of the tier's machines that may have the release, 0 to 100,000,000 (100 %). */
  readonly microPercent: number;
  /** Before this time (epoch ms) the share does not grow; absent where a person decides. */
  readonly nextPhaseAt?: number;
}

/** The published state of one release: what a machine decides with. A tier that is not named is not yet reached. */
export interface Rollout {
  /** Key of the release. */
  readonly release: string;
  /** While true nobody new gets it. Machines that have it keep it. */
  readonly paused: boolean;
  readonly tiers: readonly TierRollout[];
}

/** A tier's name as a field of a document. */
export const tierSchema: z.ZodType<string> = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a tier name');

/** A share in micro-percent as a field of a document. */
export const microPercentSchema: z.ZodType<number> = z.int().min(0).max(allMicroPercent);

/** Most tiers a rollout may have. */
export const maxTiers = 32;

const rolloutSchema: z.ZodType<Rollout> = z.strictObject({
  release: releaseKeySchema,
  paused: z.boolean(),
  tiers: z
    .array(
      z.strictObject({ tier: tierSchema, microPercent: microPercentSchema, nextPhaseAt: timeSchema.exactOptional() }),
    )
    .max(maxTiers)
    .refine((tiers) => new Set(tiers.map(({ tier }) => tier)).size === tiers.length, 'must not name a tier twice'),
});

/**
 * Reads a published rollout state out of parsed JSON. Closed: an unknown field is refused, because a machine that does not know a
 * restriction would not keep it.
 *
 * @throws RolloutError `MALFORMED_ROLLOUT`
 * @example
 * ```ts
 * import { parseRollout } from '@klpkit/rollout';
 *
 * const rollout = parseRollout({ release: 'lp-6.1-3', paused: false, tiers: [{ tier: 'internal', microPercent: 100_000_000 }] });
 * ```
 */
export function parseRollout(json: unknown): Rollout {
  const result = rolloutSchema.safeParse(json);
  if (result.success) return result.data;
  throw new RolloutError(
    'MALFORMED_ROLLOUT',
    `This is not a rollout (${describeZodError(result.error)}): have it published again.`,
    {
      cause: result.error,
    },
  );
}

/** The first thing that a schema found wrong, with its place. */
export function describeZodError(error: z.ZodError): string {
  const [first] = error.issues;
  if (first === undefined) return 'it is not what is expected';
  return first.path.length === 0 ? first.message : `${first.path.map(String).join('.')}: ${first.message}`;
}
