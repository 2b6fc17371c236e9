/**
 * What can go wrong here.
 *
 * - `TOO_LARGE`: a result file, or a list in it, is longer than a limit allows.
 * - `TOO_DEEP`: subtests or JSON are nested deeper than any test nests them.
 * - `UNKNOWN_FORMAT`: the text is no test result of a kind that is read here.
 * - `MALFORMED_RESULTS`: a test result breaks the rules of its format; `line` says where.
 * - `MALFORMED_REPORT`: a qualification report is not one, or not of this version.
 * - `INVALID_DESIGN`: the options of a comparison contradict each other or cannot reach their aim.
 * - `MALFORMED_EVIDENCE`: the bytes are no attestation that was made here.
 * - `UNSUPPORTED_KEY`: a key is neither ECDSA P-256 nor Ed25519.
 * - `UNTRUSTED_EVIDENCE`: no key that is trusted signed it.
 * - `WRONG_PATCH`, `WRONG_KERNEL`: it is about another patch, or about another kernel.
 * - `EVIDENCE_EXPIRED`: it is older than is asked for, or from the future.
 * - `NOT_QUALIFIED`: it is genuine, and its verdict is not `pass`.
 * - `LOAD_TEST_FAILED`: the load test itself could not be carried out; what a patch did wrong is a verdict instead.
 * - `WORKLOAD_UNSUPPORTED`: no workload of those asked for can be built or run here.
 * - `TEST_BUILD_FAILED`: the tests could not be built or put into the machine.
 * - `VM_FAILED`: the machine did not come up or was lost without the patch having a part in it.
 */
export type QualifyErrorCode =
  | 'TOO_LARGE'
  | 'TOO_DEEP'
  | 'UNKNOWN_FORMAT'
  | 'MALFORMED_RESULTS'
  | 'MALFORMED_REPORT'
  | 'INVALID_DESIGN'
  | 'MALFORMED_EVIDENCE'
  | 'UNSUPPORTED_KEY'
  | 'UNTRUSTED_EVIDENCE'
  | 'WRONG_PATCH'
  | 'WRONG_KERNEL'
  | 'EVIDENCE_EXPIRED'
  | 'NOT_QUALIFIED'
  | 'LOAD_TEST_FAILED'
  | 'WORKLOAD_UNSUPPORTED'
  | 'TEST_BUILD_FAILED'
  | 'VM_FAILED';

/**
 * The only error this package throws. That a patch does not qualify is no error but a verdict, with reasons.
 *
 * @example
 * ```ts
 * import { isQualifyError, QualifyError } from '@klpkit/qualify';
 *
 * const error = new QualifyError('MALFORMED_RESULTS', 'The plan is not a number: run the test again.', { line: 3 });
 * console.log(isQualifyError(error, 'MALFORMED_RESULTS'), error.line); // true 3
 * ```
 */
export class QualifyError extends Error {
  override readonly name = 'QualifyError';
  readonly code: QualifyErrorCode;
  /** Line of the input, from 1; `null` where no line is meant. */
  readonly line: number | null;

  constructor(code: QualifyErrorCode, message: string, options: { line?: number; cause?: unknown } = {}) {
    const place = options.line === undefined ? '' : `line ${options.line}: `;
    super(`[${code}] ${place}${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.line = options.line ?? null;
  }
}

/**
 * Whether `error` is a `QualifyError`, and of this code where one is given. Matches by shape, so that a second copy of the package is
 * recognised too.
 *
 * @example
 * ```ts
 * import { isQualifyError } from '@klpkit/qualify';
 *
 * const notOurs = isQualifyError(new Error('something else')); // false
 * ```
 */
export function isQualifyError<C extends QualifyErrorCode>(
  error: unknown,
  code?: C,
): error is QualifyError & { code: C } {
  if (!(error instanceof Error) || error.name !== 'QualifyError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}
