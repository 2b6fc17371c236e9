import { archSchema, kernelSchema, releaseKeySchema, timeSchema } from '@klpkit/release';
import * as z from 'zod';
import { pingLimits } from './limits.ts';
import type { ErrorPhase, Ping } from './ping.ts';
import { redactKernelText } from './redact.ts';

const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, 'must be a lower-case UUIDv4');
const tier = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a tier name');
const durationMs = z.int().min(0).max(pingLimits.durationMs);

/**
 * A line of the kernel's log: printable, and with everything taken out that `redactKernelText` takes out. The check is here and not
 * only at the sender, so that one careless client cannot fill the server with addresses.
 */
const kernelLine = z
  .string()
  .min(1)
  .max(pingLimits.lineLength)
  .refine(
    (line) => redactKernelText(line) === line,
    'must be made with pingLine or redactKernelText before it is sent',
  );

const base = {
  id: uuid,
  attemptId: uuid,
  release: releaseKeySchema,
  kernel: kernelSchema,
  arch: archSchema,
  tier,
  cpuFamily: z
    .string()
    .regex(/^[a-z]{1,16}-[0-9a-f]{1,4}$/, 'must be vendor and family of the processor')
    .exactOptional(),
  sentAt: timeSchema,
  late: z.literal(true).exactOptional(),
};

const check = z.strictObject({
  ...base,
  kind: z.literal('check'),
  release: releaseKeySchema.nullable(),
  outcome: z.enum(['nothing', 'held', 'blocked', 'unsupported', 'kernel-upgrade-required']),
  reason: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be lower case with dashes')
    .exactOptional(),
});

const incident = z.strictObject({
  kind: z.enum(['fault', 'warning', 'hang', 'panic', 'external']),
  title: kernelLine,
  attribution: z.enum(['strong', 'medium', 'weak', 'none']),
  trace: z.array(kernelLine).max(pingLimits.traceLines).exactOptional(),
});

/**
 * The phases an error ping may name.
 *
 * @example
 * ```ts
 * import { errorPhases } from '@klpkit/pings';
 *
 * const known = errorPhases.includes('insert'); // true
 * ```
 */
export const errorPhases: readonly ErrorPhase[] = [
  'download',
  'verify',
  'preflight',
  'journal',
  'insert',
  'transition',
  'health',
  're-apply',
  'reboot',
];

const error = z.strictObject({
  ...base,
  kind: z.literal('error'),
  phase: z.enum(errorPhases),
  code: z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'must be upper case with underscores'),
  errno: z
    .string()
    .regex(/^E[A-Z0-9]{1,31}$/, 'must be the name of an errno')
    .exactOptional(),
  kernelLine: kernelLine.exactOptional(),
  incidents: z.array(incident).max(pingLimits.incidents).exactOptional(),
  stalledTasks: z.array(kernelLine.max(pingLimits.taskNameLength)).max(pingLimits.stalledTasks).exactOptional(),
});

const health = z
  .strictObject({
    ...base,
    kind: z.literal('health'),
    index: z.literal([0, 1, 2, 3]),
    sinceAppliedMs: durationMs,
    waitedMs: durationMs.exactOptional(),
    healthy: z.literal(true),
  })
  .refine((ping) => ping.index === 0 || !('waitedMs' in ping), {
    path: ['waitedMs'],
    message: 'belongs to the first health ping alone',
  });

/**
 * Schema of every ping, told apart by `kind`. Closed: an unknown field is refused, so that nothing that identifies a machine slips in, and
 * every string and list has a limit. A Standard Schema.
 *
 * @example
 * ```ts
 * import { pingSchema } from '@klpkit/pings';
 *
 * const result = await pingSchema['~standard'].validate({ kind: 'before' });
 * const refused = result.issues !== undefined; // true: everything but the kind is missing
 * ```
 */
export const pingSchema: z.ZodType<Ping> = z.discriminatedUnion('kind', [
  check,
  z.strictObject({ ...base, kind: z.literal('before') }),
  z.strictObject({ ...base, kind: z.literal('after'), durationMs }),
  z.strictObject({
    ...base,
    kind: z.literal('transition'),
    elapsedMs: durationMs,
    blockedTasks: z.int().min(0).max(4_194_304), // PID_MAX_LIMIT, include/linux/threads.h
  }),
  health,
  error,
  z.strictObject({ ...base, kind: z.literal('left') }),
  z.strictObject({ ...base, kind: z.literal('control-before') }),
  z.strictObject({ ...base, kind: z.literal('control-after'), healthy: z.boolean() }),
]);

/**
 * The schema of a ping as JSON Schema (draft 2020-12), for receivers in other languages and for documentation. What JSON Schema cannot say is
 * left out of it: that kernel lines must be redacted, and that `waitedMs` belongs to the first health ping.
 *
 * @example
 * ```ts
 * import { pingJsonSchema } from '@klpkit/pings';
 *
 * console.log(JSON.stringify(pingJsonSchema(), null, 2));
 * ```
 */
export function pingJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(pingSchema) };
}
