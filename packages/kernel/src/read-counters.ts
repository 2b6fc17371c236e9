import { contextOf } from './context.ts';
import { KernelError } from './error.ts';
import type { Counters } from './info-types.ts';
import { readOptionalFile, requireKernelFile } from './kernel-file.ts';
import type { KernelOptions } from './options.ts';
import { isAlarming, type TaintFlag, taintsOf } from './taint.ts';

/**
 * Taint, oops and warning counters: cheap to read and not forgeable by programs, unlike the log. Read them before a load and
 * after, and compare with {@link compareCounters}.
 *
 * @throws {@link KernelError} `IO`, `UNEXPECTED_SYSFS_VALUE`.
 *
 * @example
 * ```ts
 * import { compareCounters, readCounters } from '@klpkit/kernel';
 *
 * const before = await readCounters();
 * const change = compareCounters(before, await readCounters());
 * if (!change.healthy) console.log(change.alarmingTaints.map((flag) => flag.name), change.oopses);
 * ```
 */
export async function readCounters(options: KernelOptions = {}): Promise<Counters> {
  const { root, signal } = contextOf(options);
  signal?.throwIfAborted();
  const tainted = `${root.procfs}/sys/kernel/tainted`;
  return {
    tainted: numberOf(requireKernelFile(tainted), tainted),
    oops: counterOf(`${root.sysfs}/kernel/oops_count`),
    warn: counterOf(`${root.sysfs}/kernel/warn_count`),
  };
}

function counterOf(path: string): number | null {
  const text = readOptionalFile(path);
  return text === undefined ? null : numberOf(text, path);
}

function numberOf(text: string, path: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  const shown = JSON.stringify(text.slice(0, 40));
  throw new KernelError('UNEXPECTED_SYSFS_VALUE', `${path} holds ${shown} where a number was expected.`, { path });
}

/** What changed between two readings of one boot. */
export interface CounterChange {
  /** No new oops, no new warning, no alarming taint. */
  readonly healthy: boolean;
  /** Oopses in between; `null` where the kernel does not count them. */
  readonly oopses: number | null;
  /** Warnings in between; `null` where the kernel does not count them. */
  readonly warnings: number | null;
  /** Taint flags that were set in between. */
  readonly newTaints: readonly TaintFlag[];
  /** Those that a livepatch load does not set and that are not the hardware's doing. */
  readonly alarmingTaints: readonly TaintFlag[];
}

/**
 * Compares two readings of one boot. Taint never clears: a flag that was set before proves nothing, so an oops on a machine that
 * had one is told by the count alone.
 *
 * @example
 * ```ts
 * import { compareCounters } from '@klpkit/kernel';
 *
 * const change = compareCounters({ tainted: 0, oops: 0, warn: 0 }, { tainted: 36864 + 128, oops: 1, warn: 0 });
 * console.log(change.healthy, change.oopses, change.alarmingTaints[0]?.name); // false 1 DIE
 * ```
 */
export function compareCounters(before: Counters, after: Counters): CounterChange {
  const had = new Set(taintsOf(before.tainted).map(({ bit }) => bit));
  const newTaints = taintsOf(after.tainted).filter(({ bit }) => !had.has(bit));
  const alarmingTaints = newTaints.filter(isAlarming);
  const oopses = difference(before.oops, after.oops);
  const warnings = difference(before.warn, after.warn);
  const healthy = (oopses ?? 0) === 0 && (warnings ?? 0) === 0 && alarmingTaints.length === 0;
  return { healthy, oopses, warnings, newTaints, alarmingTaints };
}

function difference(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after - before;
}
