import type { ModuleInfo } from './module-info.ts';

/** The kernel that a module is meant for. */
export interface Target {
  /** `uname -r`. */
  readonly release: string;
  /** `uname -m`. */
  readonly arch: string;
  /** The kernel's full vermagic, where it is known (from one of its own modules): then all of it is compared. */
  readonly vermagic?: string;
}

/** Whether a module fits, and if not, why. */
export type TargetFit =
  | { /** It fits. */ readonly fits: true }
  | {
      /** It does not fit. */ readonly fits: false;
      /** What differs first. */
      readonly reason: 'WRONG_ARCH' | 'WRONG_RELEASE' | 'WRONG_VERMAGIC';
      /** A sentence with both sides. */
      readonly message: string;
    };

/**
 * Whether the module was built for this kernel. Stricter than the kernel: one with MODVERSIONS skips the release word and loads
 * a module of another release without a word (kernel/module/version.c, `same_magic`), so the release is always compared.
 *
 * @example
 * ```ts
 * import { checkTarget, type VerifiedModule } from '@klpkit/payload';
 *
 * export function assertFits(module: VerifiedModule): void {
 *   const fit = checkTarget(module, { release: '6.1.0-56-amd64', arch: 'x86_64' });
 *   if (!fit.fits) throw new Error(fit.message);
 * }
 * ```
 */
export function checkTarget(module: Pick<ModuleInfo, 'name' | 'arch' | 'vermagic'>, target: Target): TargetFit {
  const unfit = (
    reason: 'WRONG_ARCH' | 'WRONG_RELEASE' | 'WRONG_VERMAGIC',
    built: string,
    kernel: string,
  ): TargetFit => ({
    fits: false,
    reason,
    message: `module ${module.name} is built for ${built}, the kernel is ${kernel}: fetch the module of this kernel`,
  });
  if (module.arch !== target.arch) return unfit('WRONG_ARCH', module.arch, target.arch);
  const release = module.vermagic.split(' ', 1)[0] ?? '';
  if (release !== target.release) return unfit('WRONG_RELEASE', release, target.release);
  if (target.vermagic !== undefined && module.vermagic !== target.vermagic) {
    return unfit('WRONG_VERMAGIC', `"${module.vermagic}"`, `"${target.vermagic}"`);
  }
  return { fits: true };
}
