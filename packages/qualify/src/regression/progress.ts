import type { Look, Plan } from '../statistics/design.ts';
import { adjustedChances, type Aspect, aspectsAt, type Ends, isExcluded } from './look.ts';
import type { TestHistory } from './outcomes.ts';

/** How far a comparison has come. */
export interface Progress {
  /** The last look that the runs reach; `undefined` before the first. */
  readonly look: Look | undefined;
  /** Whether more runs would change nothing. */
  readonly finished: boolean;
  /** Runs at which to look again; those of the last look when finished. */
  readonly nextLook: number;
  /** The least adjusted chance over all looks, for each test: of its failures, and of its slowness. */
  readonly failedChance: Float64Array;
  readonly slowChance: Float64Array;
  /** What was counted at the last look. */
  readonly aspects: readonly Aspect[];
  /** Tests whose next run can still change something, by place. */
  readonly open: ReadonlySet<number>;
}

/** Runs on each kernel. */
export interface RunCounts {
  readonly unpatched: number;
  readonly patched: number;
}

/** Runs that the unpatched kernel has more than the patched one were made before, and belong to each look. */
function endsAt(runs: number, { unpatched, patched }: RunCounts): Ends {
  const before = Math.max(0, unpatched - patched);
  return { unpatched: Math.min(unpatched, runs + before), patched: runs };
}

function keepLeast(into: Float64Array, at: number, chance: number): void {
  into[at] = Math.min(into[at] ?? 1, chance);
}

/** Tests that the next run must contain: those that failed or were slow at all, and those that are not known to be good yet. */
function openTests(aspects: readonly Aspect[], plan: Plan): Set<number> {
  return new Set(
    aspects.filter(({ counted }) => counted.failed > 0 || !isExcluded(counted, plan)).map(({ test }) => test),
  );
}

/**
 * Walks through the looks that the runs reach, as if they had been made one after the other, and stops at the first that finds a regression. A look that finds
 * every rise excluded ends the comparison only where it is the last one reached: runs that are there are never thrown away.
 */
export function progressOf(tests: readonly TestHistory[], runs: RunCounts, plan: Plan): Progress {
  const done = Math.min(runs.unpatched, runs.patched);
  const reached = plan.looks.filter((look) => look.runs <= done);
  const failedChance = new Float64Array(tests.length).fill(1);
  const slowChance = new Float64Array(tests.length).fill(1);
  const progress = (look: Look | undefined, aspects: readonly Aspect[], finished: boolean): Progress => {
    const next = plan.looks.find((each) => each.runs > (look?.runs ?? 0));
    const nextLook = finished ? done : (next?.runs ?? done);
    return { look, finished, nextLook, failedChance, slowChance, aspects, open: openTests(aspects, plan) };
  };
  for (const look of reached) {
    const settled = look.runs > plan.settleRuns ? endsAt(plan.settleRuns, runs) : undefined;
    const aspects = aspectsAt(tests, endsAt(look.runs, runs), settled, plan);
    let found = false;
    for (const [index, chance] of adjustedChances(aspects, look, plan).entries()) {
      const { test, kind } = aspects[index] as Aspect;
      keepLeast(kind === 'failed' ? failedChance : slowChance, test, chance);
      found ||= chance <= plan.alpha;
    }
    const excluded = look.runs >= plan.settleRuns && aspects.every(({ counted }) => isExcluded(counted, plan));
    const last = look === reached.at(-1);
    if (found || (last && (excluded || look.runs === plan.maxRuns))) return progress(look, aspects, true);
    if (last) return progress(look, aspects, false);
  }
  return progress(undefined, [], false);
}
