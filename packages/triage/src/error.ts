/**
 * What can be wrong with what this package is handed.
 *
 * - `TOO_LARGE`: an input, or a list in it, is longer than a limit allows.
 * - `TOO_DEEP`: JSON is nested deeper than any record is.
 * - `MALFORMED_JSON`: the text is not JSON.
 * - `UNKNOWN_FORMAT`: the text is no record of a kind that is read here.
 * - `MALFORMED_RECORD`: a record breaks the rules of its format.
 * - `MALFORMED_VERSION`: a version cannot be read.
 * - `MALFORMED_KERNEL`: the description of a kernel is wrong.
 * - `MALFORMED_CONFIG`: a kernel configuration or a list of modules is wrong.
 * - `MALFORMED_DIFF`: a patch is not a unified diff.
 * - `MALFORMED_POLICY`: the policy is wrong.
 */
export type TriageErrorCode =
  | 'TOO_LARGE'
  | 'TOO_DEEP'
  | 'MALFORMED_JSON'
  | 'UNKNOWN_FORMAT'
  | 'MALFORMED_RECORD'
  | 'MALFORMED_VERSION'
  | 'MALFORMED_KERNEL'
  | 'MALFORMED_CONFIG'
  | 'MALFORMED_DIFF'
  | 'MALFORMED_POLICY';

/**
 * The only error this package throws. `at` is the place of the fault: a JSON path (`$.containers.cna.affected[0]`) or `line 12`; empty
 * where the input as a whole is meant.
 *
 * @example
 * ```ts
 * import { isTriageError, readRecords } from '@klpkit/triage';
 *
 * try {
 *   readRecords('{"dataType":"CVE_RECORD"}', { file: 'CVE-2025-0001.json' });
 * } catch (error) {
 *   if (!isTriageError(error, 'MALFORMED_RECORD')) throw error;
 *   const place = error.at; // '$.cveMetadata'
 * }
 * ```
 */
export class TriageError extends Error {
  override readonly name = 'TriageError';
  readonly code: TriageErrorCode;
  /** Where in the input: a JSON path, `line 12`, or empty. */
  readonly at: string;

  constructor(code: TriageErrorCode, message: string, options: { at?: string; cause?: unknown } = {}) {
    const at = options.at ?? '';
    super(
      `[${code}] ${at === '' ? '' : `${at}: `}${message}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.at = at;
  }
}

/**
 * Whether `error` is a `TriageError`, and of this code where one is given. Matches by shape, so that a second copy of the package is
 * recognised too.
 *
 * @example
 * ```ts
 * import { isTriageError } from '@klpkit/triage';
 *
 * const notOurs = isTriageError(new Error('something else')); // false
 * ```
 */
export function isTriageError<C extends TriageErrorCode>(error: unknown, code?: C): error is TriageError & { code: C } {
  if (!(error instanceof Error) || error.name !== 'TriageError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}
