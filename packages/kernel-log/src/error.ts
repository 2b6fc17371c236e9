/**
 * - `INVALID_RULE`: an entry of the list of rules is not well formed
 * - `INVALID_OPTION`: an option is out of its range
 */
export type KernelLogErrorCode = 'INVALID_RULE' | 'INVALID_OPTION';

/**
 * The one error of this package. A log is never the reason: whatever it holds, it is read.
 *
 * @example
 * ```ts
 * import { isKernelLogError, scanKernelLog } from '@klpkit/kernel-log';
 *
 * try {
 *   for await (const incident of scanKernelLog([], { module: 'not a module' })) console.log(incident.title);
 * } catch (error) {
 *   if (!isKernelLogError(error, 'INVALID_OPTION')) throw error;
 * }
 * ```
 */
export class KernelLogError extends Error {
  readonly code: KernelLogErrorCode;

  constructor(code: KernelLogErrorCode, message: string, options?: ErrorOptions) {
    super(`[${code}] ${message}`, options);
    this.name = 'KernelLogError';
    this.code = code;
  }
}

/**
 * True for a {@link KernelLogError}, with that code if one is given. Tells by shape, so that two copies of the package agree.
 *
 * @example
 * ```ts
 * import { isKernelLogError } from '@klpkit/kernel-log';
 *
 * console.log(isKernelLogError(new Error('other')));
 * ```
 */
export function isKernelLogError<C extends KernelLogErrorCode = KernelLogErrorCode>(
  error: unknown,
  code?: C,
): error is KernelLogError & { code: C } {
  if (!(error instanceof Error) || error.name !== 'KernelLogError') return false;
  const found = (error as Partial<KernelLogError>).code;
  return found !== undefined && (code === undefined || found === code);
}
