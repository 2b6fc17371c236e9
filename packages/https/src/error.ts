/**
 * What went wrong with a request; closed, so that a script can switch over it. An answer with an error status is an answer and none of these.
 *
 * - `UNREACHABLE`: name not found, refused, broken off, or the proxy would not.
 * - `TOO_SLOW`: header or body were not there in time.
 * - `CERTIFICATE_REJECTED`: the authorities that are trusted do not vouch for the server's certificate.
 * - `TLS_FAILED`: the two sides could not agree on TLS, or the port does not speak it.
 * - `TOO_LONG`: the body is announced or becomes longer than it may be.
 * - `WRONG_RANGE`: the server sent another part of the content than it was asked for.
 * - `NOT_HTTPS`: the address is not `https:`, and plain HTTP was not allowed.
 */
export type HttpsErrorCode =
  | 'UNREACHABLE'
  | 'TOO_SLOW'
  | 'CERTIFICATE_REJECTED'
  | 'TLS_FAILED'
  | 'TOO_LONG'
  | 'WRONG_RANGE'
  | 'NOT_HTTPS';

/** The only error this package throws; an abort passes through with its own reason. */
export class HttpsError extends Error {
  override readonly name = 'HttpsError';
  readonly code: HttpsErrorCode;
  /** What happened and the next step, without the code; names no more of the address than its origin, as paths and queries may be private. */
  readonly sentence: string;

  constructor(code: HttpsErrorCode, sentence: string, options: { readonly cause?: unknown } = {}) {
    super(`[${code}] ${sentence}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.sentence = sentence;
  }
}

/**
 * Whether `error` is an {@link HttpsError}, and with this code if one is given; matches by shape, so that a second copy of the package is
 * recognised too.
 *
 * @example
 * ```ts
 * import { isHttpsError } from '@klpkit/https';
 *
 * isHttpsError(new Error('something else')); // false
 * ```
 */
export function isHttpsError<C extends HttpsErrorCode>(error: unknown, code?: C): error is HttpsError & { code: C } {
  if (!(error instanceof Error) || error.name !== 'HttpsError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}
