import { KernelError } from './error.ts';

/** MODULE_NAME_LEN is 56 with the NUL on 64-bit machines (include/linux/moduleparam.h). */
const namePattern = /^[A-Za-z0-9_-]{1,55}$/;

/** The name becomes part of paths: anything but a module name is refused. */
export function checkPatchName(name: string): string {
  if (!namePattern.test(name)) {
    throw new KernelError(
      'INVALID_ARGUMENT',
      `${JSON.stringify(name.slice(0, 60))} is no module name: letters, digits, "_" and "-", at most 55 of them.`,
    );
  }
  return name;
}
