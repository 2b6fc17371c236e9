import type { RegressionReport } from '../regression-report.ts';
import { type ComparisonDesign, planOf } from '../statistics/design.ts';
import type { TestRun } from '../test-result.ts';
import { verdictOf } from '../verdict.ts';
import { classify } from './classify.ts';
import { historiesOf, isNew } from './history.ts';
import { progressOf } from './progress.ts';
import { reasonsOf } from './reasons.ts';

/**
 * Compares runs of the same tests on the unpatched and the patched kernel. Call it after each `nextLook` runs and stop when it is `finished`; or once
 * with all runs that there are. Each run should be of a boot of its own, and the kernels should take turns, so that a bad hour of the machine
 * hits both.
 *
 * A good patch fails by chance in at most `alpha` of all cases, however many tests are flaky and however they depend on each other; a test that never
 * failed and now fails in `regressionRate` of the runs is found in at least 90 %. docs/decisions/sequential-comparison.md has the reasoning and the limits.
 *
 * @throws {@link QualifyError} `INVALID_DESIGN`, `TOO_LARGE`.
 * @example
 * ```ts
 * import { compareRuns, readResults } from '@klpkit/qualify';
 *
 * const good = readResults('1..1\nok 1 opens\n');
 * const bad = readResults('1..1\nnot ok 1 opens\n');
 * const report = compareRuns(Array(7).fill(good), Array(7).fill(bad));
 * console.log(report.verdict, report.finished, report.reasons[0]?.code); // fail true TEST_REGRESSED
 * ```
 */
export function compareRuns(
  unpatched: readonly TestRun[],
  patched: readonly TestRun[],
  design: ComparisonDesign = {},
): RegressionReport {
  const plan = planOf(design);
  const all = historiesOf(unpatched, patched);
  const known = all.filter((test) => !isNew(test));
  const runs = { unpatched: unpatched.length, patched: patched.length };
  const progress = progressOf(known, runs, plan);
  const fresh = classify(
    all.filter(isNew),
    runs,
    { ...progress, failedChance: new Float64Array(), slowChance: new Float64Array() },
    plan,
  );
  const compared = classify(known, runs, progress, plan);
  const firstPass = compared.findIndex((test) => test.class === 'pass');
  const tests = compared.toSpliced(firstPass === -1 ? compared.length : firstPass, 0, ...fresh);
  const reasons = reasonsOf(tests, runs, progress, plan);
  const rerun = progress.look === undefined ? known : known.filter((_, index) => progress.open.has(index));
  return {
    verdict: verdictOf(reasons),
    reasons,
    finished: progress.finished,
    runs,
    nextLook: progress.nextLook,
    rerun: progress.finished ? [] : rerun.map(({ name }) => name),
    tests,
  };
}
