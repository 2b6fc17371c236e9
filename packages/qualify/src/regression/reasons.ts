import type { TestComparison } from '../regression-report.ts';
import type { Plan } from '../statistics/design.ts';
import type { Reason } from '../verdict.ts';
import type { Progress, RunCounts } from './progress.ts';

/** Most reasons that name a test; one more says how many there are beyond. */
const maxNamed = 100;

const chanceText = (p: number): string => (p < 1e-6 ? 'below 0.0001 %' : `${Number((p * 100).toPrecision(2))} %`);

const share = (side: { readonly failed: number; readonly runs: number }): string => `${side.failed} of ${side.runs}`;

const figures = ({ unpatched, patched, adjustedP }: TestComparison): string =>
  `failed in ${share(patched)} runs, unpatched in ${share(unpatched)}; chance alone does that in ${chanceText(adjustedP)} of patches`;

function times(test: TestComparison): string {
  const { unpatched, patched } = test;
  const ratio = test.slowdown === null ? '' : `, ${Number(test.slowdown.toPrecision(3))} times as long`;
  return `${patched.slow} of ${patched.runs} runs were slow, unpatched ${unpatched.slow} of ${unpatched.runs}${ratio}`;
}

/** Nothing where no run was slow, which is what most suspicions are not about. */
const slowness = (test: TestComparison): string[] => (test.patched.slow + test.unpatched.slow > 0 ? [times(test)] : []);

function reasonOf(test: TestComparison): Reason | undefined {
  const { name, patched, unpatched } = test;
  switch (test.class) {
    case 'regression':
      return {
        code: 'TEST_REGRESSED',
        weight: 'fails',
        message: `${name}: ${figures(test)}. Look at its last failure, and run it by hand on the patched kernel.`,
      };
    case 'vanished':
      return {
        code: 'TEST_VANISHED',
        weight: 'fails',
        message: `${name}: gave no result in ${patched.missing} of ${patched.runs} runs, unpatched in ${unpatched.missing} of ${unpatched.runs}. See where those runs broke off.`,
      };
    case 'slower':
      return {
        code: 'TEST_SLOWER',
        weight: 'fails',
        message: `${name}: ${times(test)}. Look for work that the patch adds to a hot path.`,
      };
    case 'suspect':
      return {
        code: 'TEST_SUSPECT',
        weight: 'doubts',
        message: `${name}: ${[figures(test), ...slowness(test)].join('; ')}. Neither chance nor the patch is excluded: compare again with more runs.`,
      };
    case 'skipped':
      return unpatched.runs === 0
        ? undefined
        : {
            code: 'TEST_SKIPPED',
            weight: 'doubts',
            message: `${name}: skipped in ${patched.skipped} of ${patched.skipped + patched.runs} runs, unpatched in ${unpatched.skipped} of ${unpatched.skipped + unpatched.runs}. See what it misses there.`,
          };
    default:
      return undefined;
  }
}

/** Parts of a program that are named in its place; where more are worse, the program is named and they are not. */
const maxParts = 3;

/** The tests that `name` is a part of, the nearest first. */
function* parentsOf(name: string): Generator<string> {
  for (let cut = name.lastIndexOf(' > '); cut > 0; cut = name.lastIndexOf(' > ', cut - 1)) yield name.slice(0, cut);
}

/** Names what is broken once: a few parts, or the whole. */
function withoutRepeats(tests: readonly TestComparison[]): TestComparison[] {
  const worse = new Set(tests.map(({ name }) => name));
  const parts = new Map<string, number>();
  for (const { name } of tests)
    for (const parent of parentsOf(name)) if (worse.has(parent)) parts.set(parent, (parts.get(parent) ?? 0) + 1);
  const isWhole = (name: string): boolean => (parts.get(name) ?? 0) > maxParts;
  return tests.filter(({ name }) => {
    if ([...parentsOf(name)].some(isWhole)) return false;
    return !parts.has(name) || isWhole(name);
  });
}

function testReasons(tests: readonly TestComparison[]): Reason[] {
  const worse = withoutRepeats(tests.filter((test) => reasonOf(test) !== undefined));
  const reasons = worse.slice(0, maxNamed).flatMap((test) => reasonOf(test) ?? []);
  const more = worse.length - maxNamed;
  if (more <= 0) return reasons;
  return [...reasons, { code: 'TEST_REGRESSED', weight: 'notes', message: `${more} more tests are in the table.` }];
}

const doubt = (code: 'NO_TESTS' | 'MORE_RUNS' | 'TOO_FEW_RUNS', message: string): Reason => ({
  code,
  weight: 'doubts',
  message,
});

/** All reasons of a comparison. Without any, it is a pass: so what proves nothing must give one. */
export function reasonsOf(tests: readonly TestComparison[], runs: RunCounts, progress: Progress, plan: Plan): Reason[] {
  const reasons = testReasons(tests);
  const proves = ({ unpatched, patched }: TestComparison): boolean =>
    patched.runs > patched.failed && unpatched.runs > unpatched.failed;
  if (!tests.some(proves))
    reasons.push(
      doubt('NO_TESTS', 'No test passed on both kernels, so nothing is proven: check that the tests run at all.'),
    );
  if (reasons.some(({ weight }) => weight === 'fails')) return reasons;
  if (!progress.finished) {
    const done = `${Math.min(runs.unpatched, runs.patched)} runs on each kernel do not decide it`;
    reasons.push(doubt('MORE_RUNS', `${done}: go on to ${progress.nextLook}.`));
  } else if ((progress.look?.runs ?? 0) < plan.settleRuns) {
    const aim = `a failure in ${Math.round(plan.regressionRate * 100)} % of runs`;
    const message = `${progress.look?.runs ?? 0} runs would not show ${aim}: allow ${plan.settleRuns}, or aim at a higher rate.`;
    reasons.push(doubt('TOO_FEW_RUNS', message));
  }
  return reasons;
}
