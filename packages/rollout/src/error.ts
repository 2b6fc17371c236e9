/**
 * - `MALFORMED_ID`: not a machine id or an application id.
 * - `MALFORMED_ROLLOUT`, `MALFORMED_PLAN`, `MALFORMED_SIMULATION`: not that document.
 * - `OUT_OF_RANGE`: a number outside its range, which the message names.
 * - `ILLEGAL_EVENT`: the rollout is not in a state in which this may happen; the message says what may.
 */
export type RolloutErrorCode =
  | 'MALFORMED_ID'
  | 'MALFORMED_ROLLOUT'
  | 'MALFORMED_PLAN'
  | 'MALFORMED_SIMULATION'
  | 'OUT_OF_RANGE'
  | 'ILLEGAL_EVENT';

/**
 * The only error this package throws.
 *
 * @example
 * ```ts
 * import { isRolloutError, nodeIdOf } from '@klpkit/rollout';
 *
 * try {
 *   nodeIdOf('', 'f03daaeb1c334b43a732172944bf772e');
 * } catch (error) {
 *   if (!isRolloutError(error, 'MALFORMED_ID')) throw error;
 * }
 * ```
 */
export class RolloutError extends Error {
  override readonly name = 'RolloutError';
  readonly code: RolloutErrorCode;

  constructor(code: RolloutErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(`[${code}] ${message}`, options);
    this.code = code;
  }
}

/**
 * Whether `error` is a `RolloutError`, and of this code where one is given. Matches by shape, so that a second copy of the package is
 * recognised too.
 *
 * @example
 * ```ts
 * import { isRolloutError } from '@klpkit/rollout';
 *
 * const notOurs = isRolloutError(new Error('something else')); // false
 * ```
 */
export function isRolloutError<C extends RolloutErrorCode>(
  error: unknown,
  code?: C,
): error is RolloutError & { code: C } {
  if (!(error instanceof Error) || error.name !== 'RolloutError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}
