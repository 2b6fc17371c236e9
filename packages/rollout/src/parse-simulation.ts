import { releaseKeySchema } from '@klpkit/release';
import * as z from 'zod';
import { RolloutError } from './error.ts';
import { defaultPlan, planSchema, type RolloutPlan } from './plan.ts';
import { describeZodError, tierSchema } from './rollout.ts';
import type { SimulationPolicy, SimulationPopulation } from './simulation.ts';

/** A simulation as a file holds it. */
export interface Simulation {
  readonly seed: number;
  /** The release's key. */
  readonly release: string;
  readonly plan: RolloutPlan;
  readonly policy: SimulationPolicy;
  readonly population: SimulationPopulation;
}

const minuteMs = 60_000;
const longestMs = 31_536_000_000;
const durationMs = z.int().min(1).max(longestMs);
const probability = z.number().min(0).max(1);
const open = z.number().gt(0).lt(1);
const rates = { crashRate: probability, silentRate: probability };

const policySchema = z.strictObject({
  gate: z.strictObject({
    p0: open.lt(1 / 3),
    p0Silent: open.lt(1 / 3).exactOptional(),
    p0Left: open.lt(1 / 3).exactOptional(),
    pBad: open,
    alpha: open.default(0.01),
    beta: open.default(0.05),
  }),
  windowMs: durationMs.default(20 * minuteMs),
  caps: z
    .array(z.strictObject({ fromClosed: z.int().min(0), maxOpen: z.int().min(1) }))
    .max(100)
    .exactOptional(),
  maxHoldMs: durationMs.default(1440 * minuteMs),
  person: z
    .strictObject({ promotesAfterMs: z.int().min(0).max(longestMs), onHold: z.enum(['advance', 'stop']) })
    .default({ promotesAfterMs: 240 * minuteMs, onHold: 'advance' }),
});

const populationSchema = z.strictObject({
  tiers: z.record(tierSchema, z.int().min(0).max(10_000_000)),
  checkIntervalMs: durationMs.default(360 * minuteMs),
  answerMs: durationMs.default(15 * minuteMs),
  baseline: z.strictObject(rates).default({ crashRate: 0, silentRate: 0 }),
  fault: z
    .strictObject({ ...rates, withinMs: durationMs.default(2 * minuteMs) })
    .default({ crashRate: 0, silentRate: 0, withinMs: 2 * minuteMs }),
  outages: z
    .array(z.strictObject({ fromMs: z.int().min(0).max(longestMs), toMs: durationMs }))
    .max(100)
    .refine(
      (list) => list.every(({ fromMs, toMs }, index) => fromMs >= (list[index - 1]?.toMs ?? 0) && toMs > fromMs),
      'must follow one another',
    )
    .default([]),
});

const simulationSchema: z.ZodType<Simulation> = z
  .strictObject({
    seed: z.int().min(0).max(4_294_967_295),
    release: releaseKeySchema.default('simulated-1'),
    plan: planSchema.default(defaultPlan),
    policy: policySchema,
    population: populationSchema,
  })
  .refine(({ policy, population }) => population.answerMs < policy.windowMs, {
    path: ['population', 'answerMs'],
    message: 'must be below policy.windowMs, or every machine counts as silent',
  })
  .refine(
    ({ plan, population }) =>
      Object.keys(population.tiers).every((name) => plan.tiers.some(({ tier }) => tier === name)),
    {
      path: ['population', 'tiers'],
      message: 'must name tiers of the plan only',
    },
  );

/**
 * Reads a simulation out of parsed JSON; its form, with what is taken where a field is absent, is in the package's README.
 *
 * @throws RolloutError `MALFORMED_SIMULATION`
 * @example
 * ```ts
 * import { parseSimulation, simulate } from '@klpkit/rollout';
 *
 * const { plan, policy, population, seed } = parseSimulation({
 *   seed: 1,
 *   policy: { gate: { p0: 0.001, pBad: 0.01 } },
 *   population: { tiers: { internal: 100 }, fault: { crashRate: 0.05, silentRate: 0 } },
 * });
 * const { machinesReached } = simulate(plan, policy, population, { seed });
 * ```
 */
export function parseSimulation(json: unknown): Simulation {
  const result = simulationSchema.safeParse(json);
  if (result.success) return result.data;
  throw new RolloutError(
    'MALFORMED_SIMULATION',
    `This is not a simulation (${describeZodError(result.error)}): correct it and try again.`,
    {
      cause: result.error,
    },
  );
}
