/**
 * What can be wrong with what this package is handed.
 *
 * - `MALFORMED_RELEASE`: the value is not a release document.
 * - `MALFORMED_NOTICE`: the value is not an end-of-life notice.
 * - `MALFORMED_KEY`: the string is not a release's key.
 */
export type ReleaseErrorCode = 'MALFORMED_RELEASE' | 'MALFORMED_NOTICE' | 'MALFORMED_KEY';

/** One thing that is wrong, and where: `path` is what leads to it from the outermost value. */
export interface ReleaseIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * The only error this package throws.
 *
 * @example
 * ```ts
 * import { isReleaseError, parseReleaseKey } from '@klpkit/release';
 *
 * try {
 *   parseReleaseKey('no version');
 * } catch (error) {
 *   if (!isReleaseError(error, 'MALFORMED_KEY')) throw error;
 * }
 * ```
 */
export class ReleaseError extends Error {
  override readonly name = 'ReleaseError';
  readonly code: ReleaseErrorCode;
  /** Everything that is wrong, first things first. Never empty. */
  readonly issues: readonly ReleaseIssue[];

  constructor(
    code: ReleaseErrorCode,
    message: string,
    options: { issues?: readonly ReleaseIssue[]; cause?: unknown } = {},
  ) {
    super(`[${code}] ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.issues = options.issues ?? [{ path: [], message }];
  }
}

/**
 * Whether `error` is a `ReleaseError`, and of this code where one is given. Matches by shape, so that a second copy of the package is
 * recognised too.
 *
 * @example
 * ```ts
 * import { isReleaseError } from '@klpkit/release';
 *
 * const notOurs = isReleaseError(new Error('something else')); // false
 * ```
 */
export function isReleaseError<C extends ReleaseErrorCode>(
  error: unknown,
  code?: C,
): error is ReleaseError & { code: C } {
  if (!(error instanceof Error) || error.name !== 'ReleaseError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}

/** The first issue as a sentence's middle: `fixes.2: …`. */
export function describeIssue(issues: readonly ReleaseIssue[]): string {
  const first = issues[0];
  if (first === undefined) return 'it is not what is expected';
  const path = first.path.map(String).join('.');
  return path === '' ? first.message : `${path}: ${first.message}`;
}
