import { KernelError } from './error.ts';
import type { TransitionModel } from './info-types.ts';
import { requireKernelFile } from './kernel-file.ts';
import type { KernelRoot } from './options.ts';

/**
 * Which consistency model a kernel release has.
 *
 * @example
 * ```ts
 * import { transitionModelOf } from '@klpkit/kernel';
 *
 * console.log(transitionModelOf('6.1.0-56-amd64')); // per-task
 * console.log(transitionModelOf('4.4.0-210-generic')); // none
 * ```
 */
export function transitionModelOf(release: string): TransitionModel {
  if (isAtLeast(release, 4, 12)) return 'per-task';
  return isAtLeast(release, 4, 5) ? 'enabled-only' : 'none';
}

/** Whether a `uname -r` is of that version or a later one. */
export function isAtLeast(release: string, major: number, minor: number): boolean {
  const match = /^(\d{1,4})\.(\d{1,4})(?:[.+-]|$)/.exec(release);
  if (match === null) {
    throw new KernelError(
      'UNEXPECTED_SYSFS_VALUE',
      `${JSON.stringify(release.slice(0, 70))} is no kernel release: it must begin with two numbers, as in 6.1.0-56-amd64.`,
    );
  }
  const found = [Number(match[1]), Number(match[2])] as const;
  return found[0] > major || (found[0] === major && found[1] >= minor);
}

/** The running kernel's `uname -r`. */
export function readRelease(root: KernelRoot): string {
  return requireKernelFile(`${root.procfs}/sys/kernel/osrelease`);
}
