/**
 * What went wrong, as a closed set.
 *
 * - `TOOL_MISSING`: a program is not installed and cannot be installed from here (not root, or no apt).
 * - `INSTALL_FAILED`: `apt-get install` was run and failed.
 * - `KERNEL_NOT_FOUND`: apt offers no kernel that fits the selector.
 * - `DOWNLOAD_FAILED`: a Debian package could not be fetched or unpacked.
 * - `UNSUPPORTED_IMAGE`: the boot image is none that can be unpacked, or is damaged.
 * - `CERTIFICATE_NOT_FOUND`: no built-in module signing certificate was found in the kernel.
 * - `CERTIFICATE_TOO_LARGE`: the certificate has more bytes than the one that it should replace.
 * - `MODULE_NOT_FOUND`: the kernel has a driver neither as a module nor built in.
 * - `BUILD_FAILED`: the kernel's build system refused a module's source.
 * - `IMAGE_FAILED`: the root or state disk could not be made.
 * - `QEMU_FAILED`: QEMU could not be started or ended with an error of its own.
 * - `BOOT_FAILED`: the machine did not come up: it went down, or the time was over.
 * - `BUSY`: a program is running in the machine already.
 */
export type VmErrorCode =
  | 'TOOL_MISSING'
  | 'INSTALL_FAILED'
  | 'KERNEL_NOT_FOUND'
  | 'DOWNLOAD_FAILED'
  | 'UNSUPPORTED_IMAGE'
  | 'CERTIFICATE_NOT_FOUND'
  | 'CERTIFICATE_TOO_LARGE'
  | 'MODULE_NOT_FOUND'
  | 'BUILD_FAILED'
  | 'IMAGE_FAILED'
  | 'QEMU_FAILED'
  | 'BOOT_FAILED'
  | 'BUSY';

/**
 * The one error class of this package. The message starts with the code and ends with the next step.
 *
 * @example
 * ```ts
 * import { VmError } from '@klpkit/vm';
 *
 * const error = new VmError('TOOL_MISSING', 'qemu-system-x86_64 is not installed; run apt-get install qemu-system-x86');
 * console.log(error.code, error.message);
 * ```
 */
export class VmError extends Error {
  override readonly name = 'VmError';
  /** What went wrong. */
  readonly code: VmErrorCode;
  /** The end of what the failed program or the machine's console printed, where there was any. */
  readonly output: string | undefined;

  constructor(
    code: VmErrorCode,
    message: string,
    options: ErrorOptions & { readonly output?: string | undefined } = {},
  ) {
    super(`[${code}] ${message}`, options);
    this.code = code;
    this.output = options.output;
  }
}

/**
 * Tells whether a value is a {@link VmError}, of one code where one is named. Matches by shape, so that an error of
 * another copy of the package is known too.
 *
 * @example
 * ```ts
 * import { isVmError, prepareKernel } from '@klpkit/vm';
 *
 * await prepareKernel('newest-6.1-cloud').catch((error: unknown) => {
 *   if (!isVmError(error, 'TOOL_MISSING')) throw error;
 *   console.log('skipped:', error.message);
 * });
 * ```
 */
export function isVmError<C extends VmErrorCode>(error: unknown, code?: C): error is VmError & { readonly code: C } {
  return (
    error instanceof Error && error.name === 'VmError' && 'code' in error && (code === undefined || error.code === code)
  );
}
