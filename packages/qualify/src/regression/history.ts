import { QualifyError } from '../error.ts';
import type { TestResult, TestRun, TestStatus } from '../test-result.ts';
import { outcome, type Outcomes, type TestHistory } from './outcomes.ts';

/** Most cells, tests times runs, that a comparison holds: some 200 MB with durations. */
const maxCells = 16_777_216;

/** Characters kept of how a test failed. */
const maxFailureCharacters = 2048;

const outcomeOf: Readonly<Record<TestStatus, number>> = {
  pass: outcome.good,
  xfail: outcome.good,
  xpass: outcome.good,
  fail: outcome.bad,
  error: outcome.bad,
  timeout: outcome.bad,
  missing: outcome.missing,
  skip: outcome.skipped,
};

interface RunIndex {
  readonly results: ReadonlyMap<string, TestResult>;
  readonly only: ReadonlySet<string> | null;
}

const indexOf = (run: TestRun): RunIndex => ({
  results: new Map(run.results.map((result) => [result.name, result])),
  only: run.only === null ? null : new Set(run.only),
});

/** A test of a program that was skipped has no result of its own, and is skipped as well. */
function hasSkippedParent(name: string, results: RunIndex['results']): boolean {
  for (let cut = name.lastIndexOf(' > '); cut > 0; cut = name.lastIndexOf(' > ', cut - 1)) {
    const parent = results.get(name.slice(0, cut));
    if (parent !== undefined) return parent.status === 'skip';
  }
  return false;
}

function codeOf(name: string, { results, only }: RunIndex): number {
  const result = results.get(name);
  if (result !== undefined) return outcomeOf[result.status];
  if (only !== null && !only.has(name)) return outcome.absent;
  return hasSkippedParent(name, results) ? outcome.skipped : outcome.missing;
}

function outcomesOf(name: string, runs: readonly RunIndex[]): Outcomes {
  const codes = new Uint8Array(runs.length);
  let durationsMs: Float64Array | null = null;
  for (const [index, run] of runs.entries()) {
    codes[index] = codeOf(name, run);
    const durationMs = run.results.get(name)?.durationMs ?? null;
    if (durationMs === null || codes[index] !== outcome.good) continue;
    durationsMs ??= new Float64Array(runs.length).fill(Number.NaN);
    durationsMs[index] = durationMs;
  }
  return { codes, durationsMs };
}

function lastFailureOf(name: string, runs: readonly RunIndex[]): string {
  for (const { results } of runs.toReversed()) {
    const result = results.get(name);
    if (result === undefined || outcomeOf[result.status] !== outcome.bad) continue;
    const output = result.output.slice(-maxFailureCharacters);
    return [`${result.status}${result.reason === '' ? '' : `: ${result.reason}`}`, output]
      .filter((part) => part !== '')
      .join('\n');
  }
  return '';
}

/** What both kernels did, test by test, in the order of names. */
export function historiesOf(unpatched: readonly TestRun[], patched: readonly TestRun[]): TestHistory[] {
  const names = new Set([...unpatched, ...patched].flatMap((run) => run.results.map(({ name }) => name)));
  if (names.size * (unpatched.length + patched.length) > maxCells) {
    const message = `${names.size} tests in ${unpatched.length + patched.length} runs are more than is compared at a time: split the suite.`;
    throw new QualifyError('TOO_LARGE', message);
  }
  const [before, after] = [unpatched.map(indexOf), patched.map(indexOf)];
  return [...names].toSorted().map((name) => ({
    name,
    unpatched: outcomesOf(name, before),
    patched: outcomesOf(name, after),
    lastFailure: lastFailureOf(name, after),
  }));
}

/** Whether no unpatched kernel has this test. */
export const isNew = ({ unpatched }: TestHistory): boolean =>
  unpatched.codes.every((code) => code === outcome.missing || code === outcome.absent);
