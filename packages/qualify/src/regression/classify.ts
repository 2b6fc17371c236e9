import type { TestClass, TestComparison, TestTally } from '../regression-report.ts';
import type { Plan } from '../statistics/design.ts';
import { fisherLower } from '../statistics/tails.ts';
import { isNew } from './history.ts';
import { isExcluded } from './look.ts';
import { countOutcomes, type Outcomes, type TestHistory } from './outcomes.ts';
import type { Progress, RunCounts } from './progress.ts';
import { countSlow, medianMs } from './slow.ts';

/** Chance below which a test that fails less often is called fixed, and one that is skipped more often is a doubt. */
const remarkable = 0.001;

/** Times alpha up to which a test that was not found worse is still suspected. */
const suspicion = 5;

function tallyOf(outcomes: Outcomes, slow: number): TestTally {
  const counts = countOutcomes(outcomes, outcomes.codes.length);
  return { ...counts, slow, medianMs: medianMs(outcomes) };
}

const isFixed = (unpatched: TestTally, patched: TestTally): boolean =>
  unpatched.failed > 0 &&
  fisherLower(patched.failed, {
    unpatched: patched.runs,
    patched: unpatched.runs,
    failed: patched.failed + unpatched.failed,
  }) < remarkable;

/** Whether the patched kernel leaves it out more often than chance explains: what did not run has proven nothing. */
const isSkippedMore = (unpatched: TestTally, patched: TestTally): boolean =>
  patched.skipped > 0 &&
  fisherLower(unpatched.skipped, {
    unpatched: unpatched.runs + unpatched.skipped,
    patched: patched.runs + patched.skipped,
    failed: unpatched.skipped + patched.skipped,
  }) < remarkable;

/** Tests that never failed or were slow before and that are neither found worse nor cleared when the runs are used up. */
function unclearedTests({ finished, look, aspects }: Progress, plan: Plan): Set<number> {
  if (!finished || look?.runs !== plan.maxRuns) return new Set();
  const uncleared = aspects.filter(
    ({ counted }) => counted.failed > 0 && counted.failedUnpatched === 0 && !isExcluded(counted, plan),
  );
  return new Set(uncleared.map(({ test }) => test));
}

/** What is found worse, or suspected of it. */
function worse({ failed, slow, uncleared }: Judgement, patched: TestTally, plan: Plan): TestClass | undefined {
  if (failed <= plan.alpha) return patched.missing === patched.failed ? 'vanished' : 'regression';
  if (slow <= plan.alpha) return 'slower';
  const suspect = Math.min(failed, slow) <= plan.alpha * suspicion || uncleared;
  return suspect ? 'suspect' : undefined;
}

function classOf(test: TestHistory, judgement: Judgement, sides: Sides, plan: Plan): TestClass {
  const { unpatched, patched } = sides;
  if (isNew(test)) return 'new';
  if (patched.runs === 0) return 'skipped';
  const found = worse(judgement, patched, plan);
  if (found !== undefined) return found;
  if (isSkippedMore(unpatched, patched)) return 'skipped';
  if (unpatched.failed + patched.failed === 0) return 'pass';
  if (patched.failed === patched.runs && unpatched.failed === unpatched.runs) return 'failing';
  return isFixed(unpatched, patched) ? 'fixed' : 'flaky';
}

/** What the looks say of one test. */
interface Judgement {
  /** Adjusted chance of its failures. */
  readonly failed: number;
  /** Adjusted chance of its slowness. */
  readonly slow: number;
  readonly uncleared: boolean;
}

interface Sides {
  readonly unpatched: TestTally;
  readonly patched: TestTally;
}

const order: readonly TestClass[] = [
  'regression',
  'vanished',
  'slower',
  'suspect',
  'skipped',
  'failing',
  'flaky',
  'new',
  'fixed',
  'pass',
];

/** Says of each test what became of it, worst first. */
export function classify(
  tests: readonly TestHistory[],
  runs: RunCounts,
  progress: Progress,
  plan: Plan,
): TestComparison[] {
  const uncleared = unclearedTests(progress, plan);
  const compared = tests.map((test, index): TestComparison => {
    const [failed, slowed] = [progress.failedChance[index] ?? 1, progress.slowChance[index] ?? 1];
    const judgement = { failed, slow: slowed, uncleared: uncleared.has(index) };
    const slow = countSlow(test, runs, plan);
    const unpatched = tallyOf(test.unpatched, slow?.unpatched.slow ?? 0);
    const patched = tallyOf(test.patched, slow?.patched.slow ?? 0);
    const [before, after] = [unpatched.medianMs, patched.medianMs];
    return {
      name: test.name,
      class: classOf(test, judgement, { unpatched, patched }, plan),
      unpatched,
      patched,
      adjustedP: Math.min(failed, slowed),
      slowdown: before === null || before === 0 || after === null ? null : after / before,
      lastFailure: test.lastFailure,
    };
  });
  return compared.toSorted((a, b) => order.indexOf(a.class) - order.indexOf(b.class) || (a.name < b.name ? -1 : 1));
}
