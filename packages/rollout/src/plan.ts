import * as z from 'zod';
import { allMicroPercent } from './bucket.ts';
import { RolloutError } from './error.ts';
import { describeZodError, maxTiers, microPercentSchema, tierSchema } from './rollout.ts';

/** One step of a tier. */
export interface PlanPhase {
  /** Share of the tier's machines, above 0 and up to 100,000,000 (100 %). */
  readonly microPercent: number;
  /** Least time to stay here, ms, not counting pauses. */
  readonly minSoakMs: number;
}

/** One tier and how it fills. */
export interface PlanTier {
  readonly tier: string;
  /** Rising strictly; the last one is 100 %. */
  readonly phases: readonly PlanPhase[];
  /** Who opens the next tier when this one is full and soaked: `policy` at the gate's word, `person` never without one. */
  readonly promotion: 'person' | 'policy';
}

/** How a release travels: through the tiers in order, through each one's phases in order. */
export interface RolloutPlan {
  readonly tiers: readonly PlanTier[];
}

const longestSoakMs = 31_536_000_000; // a year

const phases = z
  .array(
    z.strictObject({
      microPercent: microPercentSchema.refine((share) => share > 0, 'must be above 0'),
      minSoakMs: z.int().min(0).max(longestSoakMs),
    }),
  )
  .min(1)
  .max(100)
  .refine(
    (list) => list.every((phase, index) => phase.microPercent > (list[index - 1]?.microPercent ?? 0)),
    'must rise from phase to phase',
  )
  .refine((list) => list.at(-1)?.microPercent === allMicroPercent, 'must end with 100 %, 100000000 micro-percent');

/** Schema of a plan inside other documents. */
export const planSchema: z.ZodType<RolloutPlan> = z.strictObject({
  tiers: z
    .array(z.strictObject({ tier: tierSchema, phases, promotion: z.enum(['person', 'policy']) }))
    .min(1)
    .max(maxTiers)
    .refine((tiers) => new Set(tiers.map(({ tier }) => tier)).size === tiers.length, 'must not name a tier twice'),
});

/**
 * Reads a plan out of parsed JSON.
 *
 * @throws RolloutError `MALFORMED_PLAN`
 * @example
 * ```ts
 * import { parseRolloutPlan } from '@klpkit/rollout';
 *
 * const plan = parseRolloutPlan({
 *   tiers: [{ tier: 'all', promotion: 'person', phases: [{ microPercent: 100_000_000, minSoakMs: 86_400_000 }] }],
 * });
 * ```
 */
export function parseRolloutPlan(json: unknown): RolloutPlan {
  const result = planSchema.safeParse(json);
  if (result.success) return result.data;
  throw new RolloutError(
    'MALFORMED_PLAN',
    `This is not a rollout plan (${describeZodError(result.error)}): correct it and try again.`,
    {
      cause: result.error,
    },
  );
}

const hourMs = 3_600_000;
const phase = (percent: number, soakHours: number): PlanPhase => ({
  microPercent: percent * 1_000_000,
  minSoakMs: soakHours * hourMs,
});

/**
 * The plan where nothing else is said: internal, proposed, updates in phases of 10, 20, 40, 60 and 100 %, stable. A person opens updates
 * and stable.
 *
 * @example
 * ```ts
 * import { defaultPlan } from '@klpkit/rollout';
 *
 * const tiers = defaultPlan.tiers.map(({ tier }) => tier); // internal, proposed, updates, stable
 * ```
 */
export const defaultPlan: RolloutPlan = {
  tiers: [
    { tier: 'internal', promotion: 'policy', phases: [phase(100, 12)] },
    { tier: 'proposed', promotion: 'person', phases: [phase(100, 24)] },
    {
      tier: 'updates',
      promotion: 'person',
      phases: [phase(10, 12), phase(20, 12), phase(40, 12), phase(60, 12), phase(100, 24)],
    },
    { tier: 'stable', promotion: 'person', phases: [phase(100, 24)] },
  ],
};
