import { archSchema, kernelSchema } from '@klpkit/release';
import * as z from 'zod';
import type { ConfigHint } from './config-hints.ts';
import type { DescribeKernelOptions } from './kernel.ts';
import { checked } from './json-text.ts';
import { type Priority, priorities } from './priority.ts';
import { defaultPriorityRules, type PriorityRule } from './priority-rules.ts';

/** A day, milliseconds. */
export const dayMs = 86_400_000;

/** What a person decided of one CVE. At least one of the decisions must be there. */
export interface Override {
  readonly cve: string;
  /** Who decided. */
  readonly by: string;
  /** Why, for whoever asks later. */
  readonly reason: string;
  readonly priority?: Priority;
  /** Whether the kernels are affected, where the sources are wrong. */
  readonly affected?: boolean;
  /** How hard it is, where the estimate is wrong. */
  readonly effort?: 'easy' | 'medium' | 'complex' | 'impossible';
}

/** What decides about CVEs. */
export interface TriagePolicy {
  /** Priorities that get a livepatch. */
  readonly eligible: readonly Priority[];
  /** Days from the publication of a CVE to its livepatch; `null`: no deadline. */
  readonly deadlineDays: Readonly<Record<Priority, number | null>>;
  /** Vendors in the order in which their words count; others come after, and the kernel's own distribution before. */
  readonly vendors: readonly string[];
  /** Where neither a vendor nor a CVSS score tells: the first rule that fits. */
  readonly rules: readonly PriorityRule[];
  /** Where no rule fits. */
  readonly otherwise: Priority;
  readonly overrides: readonly Override[];
  /** CVEs that the running livepatch fixes, by kernel release; `*` for all kernels. A release document's `fixes` go here. */
  readonly fixedInPatch: Readonly<Record<string, readonly string[]>>;
  /** What is known of kernels, by release. */
  readonly kernels: Readonly<Record<string, DescribeKernelOptions>>;
  /** Hints besides {@link defaultConfigHints}. */
  readonly configHints: readonly ConfigHint[];
}

/**
 * Days from publication to livepatch.
 *
 * @example
 * ```ts
 * import { defaultDeadlineDays } from '@klpkit/triage';
 *
 * const days = defaultDeadlineDays.critical; // 3
 * ```
 */
export const defaultDeadlineDays: Readonly<Record<Priority, number | null>> = {
  critical: 3,
  high: 14,
  medium: 60,
  low: null,
  negligible: null,
};

/**
 * High and critical get a livepatch, within 14 and 3 days.
 *
 * @example
 * ```ts
 * import { defaultTriagePolicy, type TriagePolicy } from '@klpkit/triage';
 *
 * const policy: TriagePolicy = { ...defaultTriagePolicy, fixedInPatch: { '*': ['CVE-2024-1086'] } };
 * ```
 */
export const defaultTriagePolicy: TriagePolicy = {
  eligible: ['high', 'critical'],
  deadlineDays: defaultDeadlineDays,
  vendors: ['ubuntu', 'debian', 'redhat'],
  rules: defaultPriorityRules,
  otherwise: 'medium',
  overrides: [],
  fixedInPatch: {},
  kernels: {},
  configHints: [],
};

const priority = z.enum(priorities);
const cve = z.string().regex(/^CVE-[0-9]{4}-[0-9]{4,19}$/, 'must be a CVE id');
const line = z.string().min(1).max(500);
const days = z.number().min(0).max(3650).nullable();
const kernel = z.strictObject({
  version: z.string().max(40).exactOptional(),
  arch: archSchema.exactOptional(),
  package: z
    .strictObject({
      distribution: z.enum(['debian', 'ubuntu']),
      suite: z.string().min(1).max(80),
      source: z.string().min(1).max(80),
      version: z.string().min(1).max(128),
    })
    .exactOptional(),
  commits: z
    .array(z.string().regex(/^[0-9a-f]{7,40}$/, 'must be a commit id'))
    .max(100_000)
    .exactOptional(),
});
const override = z
  .strictObject({
    cve,
    by: line,
    reason: line,
    priority: priority.exactOptional(),
    affected: z.boolean().exactOptional(),
    effort: z.enum(['easy', 'medium', 'complex', 'impossible']).exactOptional(),
  })
  .refine(
    (one) => one.priority !== undefined || one.affected !== undefined || one.effort !== undefined,
    'decides nothing',
  );
const rule = z
  .strictObject({
    id: line,
    weaknesses: z
      .array(z.string().regex(/^CWE-[0-9]{1,5}$/, 'must be a CWE id'))
      .max(100)
      .exactOptional(),
    words: z.array(line).max(100).exactOptional(),
    paths: z.array(line).max(100).exactOptional(),
    priority,
  })
  .refine((one) => [one.weaknesses, one.words, one.paths].some((list) => (list?.length ?? 0) > 0), 'fits nothing');
const hint = z.strictObject({
  path: line,
  options: z.array(z.string().regex(/^CONFIG_\w{1,100}$/, 'must begin with CONFIG_')).max(32),
  modules: z
    .array(z.string().regex(/^[\w-]{1,64}$/, 'must be a module'))
    .max(32)
    .default([]),
});

const policySchema = z.strictObject({
  eligible: z
    .array(priority)
    .min(1)
    .default([...defaultTriagePolicy.eligible]),
  deadlineDays: z
    .strictObject({ critical: days, high: days, medium: days, low: days, negligible: days })
    .partial()
    .default({})
    .transform((given) => ({ ...defaultDeadlineDays, ...given })),
  vendors: z
    .array(z.string().min(1).max(32))
    .max(32)
    .default([...defaultTriagePolicy.vendors]),
  rules: z
    .array(rule)
    .max(1000)
    .default([...defaultPriorityRules] as z.infer<typeof rule>[]),
  otherwise: priority.default(defaultTriagePolicy.otherwise),
  overrides: z
    .array(override)
    .max(100_000)
    .refine((all) => new Set(all.map((one) => one.cve)).size === all.length, 'names a CVE twice')
    .default([]),
  fixedInPatch: z.record(z.union([z.literal('*'), kernelSchema]), z.array(cve).max(100_000)).default({}),
  kernels: z.record(kernelSchema as z.ZodType<string, string>, kernel).default({}),
  configHints: z.array(hint).max(10_000).default([]),
});

/**
 * Reads a policy out of parsed JSON. Every field may be left out, then it is that of {@link defaultTriagePolicy}; an unknown one is
 * refused. An override takes a reason and a name.
 *
 * @throws TriageError `MALFORMED_POLICY` with the JSON path.
 * @example
 * ```ts
 * import { parseTriagePolicy } from '@klpkit/triage';
 *
 * const policy = parseTriagePolicy({
 *   deadlineDays: { high: 7 },
 *   overrides: [{ cve: 'CVE-2024-26925', priority: 'critical', by: 'Ada', reason: 'reachable from our containers' }],
 *   kernels: { '6.1.0-56-amd64': { version: '6.1.192' } },
 * });
 * ```
 */
export function parseTriagePolicy(json: unknown): TriagePolicy {
  return checked<TriagePolicy>(policySchema as unknown as z.ZodType<TriagePolicy>, json, '$', 'MALFORMED_POLICY');
}
