/** One taint bit of the kernel (include/linux/panic.h). */
export interface TaintFlag {
  readonly bit: number;
  /** As printed in `Tainted:` lines. */
  readonly letter: string;
  /** The kernel's name without `TAINT_`. */
  readonly name: string;
}

/** Bits in order; bit 19 is from 6.15 on. */
export const taintFlags: readonly TaintFlag[] = (
  [
    ['P', 'PROPRIETARY_MODULE'],
    ['F', 'FORCED_MODULE'],
    ['S', 'CPU_OUT_OF_SPEC'],
    ['R', 'FORCED_RMMOD'],
    ['M', 'MACHINE_CHECK'],
    ['B', 'BAD_PAGE'],
    ['U', 'USER'],
    ['D', 'DIE'],
    ['A', 'OVERRIDDEN_ACPI_TABLE'],
    ['W', 'WARN'],
    ['C', 'CRAP'],
    ['I', 'FIRMWARE_WORKAROUND'],
    ['O', 'OOT_MODULE'],
    ['E', 'UNSIGNED_MODULE'],
    ['L', 'SOFTLOCKUP'],
    ['K', 'LIVEPATCH'],
    ['X', 'AUX'],
    ['T', 'RANDSTRUCT'],
    ['N', 'TEST'],
    ['J', 'FWCTL'],
  ] as const
).map(([letter, name], bit) => ({ bit, letter, name }));

/** Flags that a livepatch is expected to set: out of tree, unsigned (where not enforced), livepatch, a distribution's own. */
const expectedOfLivepatch = new Set(['O', 'E', 'K', 'X']);

/** Flags that are the hardware's or the firmware's doing. */
const notSoftware = new Set(['S', 'M', 'A', 'I']);

/**
 * The flags set in a value of /proc/sys/kernel/tainted.
 *
 * @example
 * ```ts
 * import { taintsOf } from '@klpkit/kernel';
 *
 * console.log(taintsOf(36864).map((flag) => flag.letter).join('')); // OK: out-of-tree module, livepatch
 * ```
 */
export function taintsOf(tainted: number): readonly TaintFlag[] {
  return taintFlags.filter(({ bit }) => Math.floor(tainted / 2 ** bit) % 2 === 1);
}

/**
 * Whether a new flag after a load speaks against the patch: not those that a livepatch load sets, nor the hardware's own.
 *
 * @example
 * ```ts
 * import { isAlarming, taintsOf } from '@klpkit/kernel';
 *
 * console.log(taintsOf(36864 + 512).filter(isAlarming).map((flag) => flag.name)); // WARN
 * ```
 */
export function isAlarming(flag: TaintFlag): boolean {
  return !expectedOfLivepatch.has(flag.letter) && !notSoftware.has(flag.letter);
}
