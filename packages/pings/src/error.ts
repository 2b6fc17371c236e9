/**
 * - `MALFORMED_PING`: not a ping of this version of the schemas.
 * - `MALFORMED_BATCH`: not `{ pings: […] }`, or one of its pings is malformed.
 * - `BATCH_TOO_LARGE`: more pings than one batch may hold.
 */
export type PingErrorCode = 'MALFORMED_PING' | 'MALFORMED_BATCH' | 'BATCH_TOO_LARGE';

/** One thing that is wrong, and where: `path` leads to it from the outermost value. Never holds the value itself. */
export interface PingIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * The only error this package throws.
 *
 * @example
 * ```ts
 * import { isPingError, parsePing } from '@klpkit/pings';
 *
 * try {
 *   parsePing({ kind: 'before', hostname: 'web-1' });
 * } catch (error) {
 *   if (isPingError(error, 'MALFORMED_PING')) console.warn(error.issues);
 * }
 * ```
 */
export class PingError extends Error {
  override readonly name = 'PingError';
  readonly code: PingErrorCode;
  /** Everything that is wrong, first things first. Never empty. */
  readonly issues: readonly PingIssue[];

  constructor(code: PingErrorCode, message: string, options: { issues?: readonly PingIssue[]; cause?: unknown } = {}) {
    super(`[${code}] ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.issues = options.issues ?? [{ path: [], message }];
  }
}

/**
 * Whether `error` is a `PingError`, and of this code where one is given. Matches by shape, so that a second copy of the package is
 * recognised too.
 *
 * @example
 * ```ts
 * import { isPingError } from '@klpkit/pings';
 *
 * const notOurs = isPingError(new Error('something else')); // false
 * ```
 */
export function isPingError<C extends PingErrorCode>(error: unknown, code?: C): error is PingError & { code: C } {
  if (!(error instanceof Error) || error.name !== 'PingError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}
