import type { Plan } from '../statistics/design.ts';
import type { Outcomes, TestHistory } from './outcomes.ts';

/** Runs of known duration, and how many of them were slow. */
export interface SlowCounts {
  readonly unpatched: { readonly runs: number; readonly slow: number };
  readonly patched: { readonly runs: number; readonly slow: number };
  /** Which runs were slow, as {@link patternOf} writes it. */
  readonly pattern: string;
}

function known({ durationsMs }: Outcomes, end: number): number[] {
  return durationsMs === null ? [] : [...durationsMs.subarray(0, end)].filter((each) => !Number.isNaN(each));
}

/**
 * The limit above which a run is slow. It rests on the lower quartile of both kernels' runs together, so that it does not depend on which run was
 * on which kernel (the chances stay exact), and so that half of the runs may be slow without moving it.
 */
function limitOf(durations: readonly number[], { slowFactor, slowFloorMs }: Plan): number {
  const sorted = durations.toSorted((a, b) => a - b);
  const quartile = sorted[Math.floor((sorted.length - 1) / 4)] ?? 0;
  return Math.max(quartile * slowFactor, quartile + slowFloorMs);
}

/** Counts slow runs among the first ones of each kernel; `undefined` where no duration is known. */
export function countSlow(
  { unpatched, patched }: TestHistory,
  ends: { readonly unpatched: number; readonly patched: number },
  plan: Plan,
): SlowCounts | undefined {
  const [before, after] = [known(unpatched, ends.unpatched), known(patched, ends.patched)];
  if (before.length === 0 || after.length === 0) return undefined;
  const limit = limitOf([...before, ...after], plan);
  const slow = (durations: readonly number[]): number => durations.filter((each) => each > limit).length;
  const pattern = ({ durationsMs }: Outcomes, end: number): string =>
    Array.from(durationsMs?.subarray(0, end) ?? [], (each) => {
      if (Number.isNaN(each)) return '-';
      return each > limit ? '1' : '0';
    }).join('');
  return {
    pattern: `${pattern(unpatched, ends.unpatched)}|${pattern(patched, ends.patched)}`,
    unpatched: { runs: before.length, slow: slow(before) },
    patched: { runs: after.length, slow: slow(after) },
  };
}

/** Median of the known durations; `null` where none is known. */
export function medianMs(outcomes: Outcomes): number | null {
  const sorted = known(outcomes, outcomes.codes.length).toSorted((a, b) => a - b);
  if (sorted.length === 0) return null;
  const [low, high] = [sorted[(sorted.length - 1) >> 1] as number, sorted[sorted.length >> 1] as number];
  return (low + high) / 2;
}
