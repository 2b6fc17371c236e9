import * as z from 'zod';
import { describeIssue, ReleaseError } from './error.ts';
import { archSchema, kernelSchema, timeSchema } from './fields.ts';

/**
 * Says of a kernel for which no patch is (or ever will be) published when its coverage ends. Without it a machine on such a kernel could
 * not tell "nothing to do" from "nobody looks after you".
 */
export interface EndOfLifeNotice {
  readonly type: 'end-of-life';
  /** Exactly as `uname -r` says it. */
  readonly kernel: string;
  /** `uname -m`. */
  readonly arch: string;
  /** When coverage ends or ended, epoch ms. */
  readonly endOfLife: number;
  /** The oldest kernel release to move to, where the publisher knows one. */
  readonly upgradeTo: string | null;
}

const noticeSchema: z.ZodType<EndOfLifeNotice> = z.strictObject({
  type: z.literal('end-of-life'),
  kernel: kernelSchema,
  arch: archSchema,
  endOfLife: timeSchema,
  upgradeTo: kernelSchema.nullable(),
});

/**
 * Reads an end-of-life notice out of parsed JSON.
 *
 * @throws ReleaseError `MALFORMED_NOTICE`
 * @example
 * ```ts
 * import { parseEndOfLifeNotice } from '@klpkit/release';
 *
 * const notice = parseEndOfLifeNotice({
 *   type: 'end-of-life', kernel: '5.10.0-33-amd64', arch: 'x86_64', endOfLife: 1_725_000_000_000, upgradeTo: '6.1.0-50-amd64',
 * });
 * const isOver = notice.endOfLife <= Date.now(); // true
 * ```
 */
export function parseEndOfLifeNotice(json: unknown): EndOfLifeNotice {
  const result = noticeSchema.safeParse(json);
  if (result.success) return result.data;
  const { issues } = result.error;
  throw new ReleaseError(
    'MALFORMED_NOTICE',
    `This is not an end-of-life notice (${describeIssue(issues)}): have it published again.`,
    {
      issues: issues.map(({ path, message }) => ({ path, message })),
      cause: result.error,
    },
  );
}
