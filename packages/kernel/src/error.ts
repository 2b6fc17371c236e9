/**
 * What went wrong, as a closed set. Each code has one cause and one next step, which the message names.
 *
 * - `NOT_VERIFIED`: the value handed to {@link insertModule} was not made by `verifyModule`.
 * - `NOT_A_LIVEPATCH`: the module's .modinfo has no `livepatch=Y`.
 * - `INVALID_ARGUMENT`: a name, a parameter string or an option is out of its range.
 * - `NOT_SUPPORTED`: this kernel has no modules, no livepatching, or not the attribute asked for.
 * - `PERMISSION_DENIED`: a capability is missing, or lockdown, a blacklist or `modules_disabled` forbids it.
 * - `ALREADY_LOADED`: a module of this name is live.
 * - `NOT_LOADED`: no module or patch of this name.
 * - `BUSY`: another transition runs, ftrace is off or taken, or the module is in use.
 * - `NAME_STUCK`: a module of this name stays in `coming`; only a reboot clears it.
 * - `KEY_REJECTED`: the kernel does not accept the signature.
 * - `SIGNATURE_MALFORMED`: the kernel cannot read the signature block.
 * - `WRONG_FORMAT`: not an ELF module for this kernel (architecture, vermagic, symbol versions, compression).
 * - `UNKNOWN_SYMBOL`: the module needs a symbol that this kernel does not have.
 * - `OUT_OF_MEMORY`: the kernel could not allocate what the module needs.
 * - `REJECTED`: the kernel, or the module's own init, refused it with another errno.
 * - `INSERTER_DIED`: the kernel killed the thread inside the system call (an oops in the module's init).
 * - `INSERTER_HUNG`: no answer from the kernel before the deadline.
 * - `INSERTER_FAILED`: the inserter ended before it called the kernel; nothing was changed.
 * - `UNEXPECTED_SYSFS_VALUE`: a kernel file holds something this package does not know.
 * - `LOG_OVERRUN`: records asked for were overwritten before they could be read.
 * - `IO`: a kernel file could not be read or written for another reason.
 */
export type KernelErrorCode =
  | 'NOT_VERIFIED'
  | 'NOT_A_LIVEPATCH'
  | 'INVALID_ARGUMENT'
  | 'NOT_SUPPORTED'
  | 'PERMISSION_DENIED'
  | 'ALREADY_LOADED'
  | 'NOT_LOADED'
  | 'BUSY'
  | 'NAME_STUCK'
  | 'KEY_REJECTED'
  | 'SIGNATURE_MALFORMED'
  | 'WRONG_FORMAT'
  | 'UNKNOWN_SYMBOL'
  | 'OUT_OF_MEMORY'
  | 'REJECTED'
  | 'INSERTER_DIED'
  | 'INSERTER_HUNG'
  | 'INSERTER_FAILED'
  | 'UNEXPECTED_SYSFS_VALUE'
  | 'LOG_OVERRUN'
  | 'IO';

/** The particulars of a {@link KernelError}; all are optional. */
export interface KernelErrorDetails {
  /** What the system call or file operation gave, by name: `EKEYREJECTED`. */
  readonly errno?: string | undefined;
  /** The kernel file at fault. */
  readonly path?: string | undefined;
  /** The kernel's own line on a refusal, where it wrote one since the sequence number taken before the call. */
  readonly kernelLine?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The one error class of this package.
 *
 * @example
 * ```ts
 * import { isKernelError, removeModule } from '@klpkit/kernel';
 *
 * try {
 *   await removeModule('livepatch_cve_2026_0001');
 * } catch (error) {
 *   if (!isKernelError(error, 'NOT_LOADED')) throw error;
 * }
 * ```
 */
export class KernelError extends Error {
  /** Which of the closed set. */
  readonly code: KernelErrorCode;
  /** The errno by name, where one was given. */
  declare readonly errno?: string;
  /** The kernel file at fault, where there is one. */
  declare readonly path?: string;
  /** The kernel's own line, where it wrote one. */
  declare readonly kernelLine?: string;

  constructor(code: KernelErrorCode, message: string, details: KernelErrorDetails = {}) {
    super(`[${code}] ${message}`, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'KernelError';
    this.code = code;
    if (details.errno !== undefined) this.errno = details.errno;
    if (details.path !== undefined) this.path = details.path;
    if (details.kernelLine !== undefined) this.kernelLine = details.kernelLine;
  }
}

/**
 * Tells a {@link KernelError}, by shape so that a second copy of the package is recognised too.
 *
 * @example
 * ```ts
 * import { isKernelError } from '@klpkit/kernel';
 *
 * const rebootNeeded = (error: unknown): boolean =>
 *   isKernelError(error, 'INSERTER_DIED') || isKernelError(error, 'INSERTER_HUNG') || isKernelError(error, 'NAME_STUCK');
 * ```
 */
export function isKernelError<C extends KernelErrorCode>(error: unknown, code?: C): error is KernelError & { code: C } {
  if (!(error instanceof Error) || error.name !== 'KernelError') return false;
  const found: unknown = 'code' in error ? error.code : undefined;
  return typeof found === 'string' && (code === undefined || found === code);
}
