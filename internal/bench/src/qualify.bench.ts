import { compareRuns, type RegressionReport, type TestResult, type TestRun } from '@klpkit/qualify';
import type { BenchContext, BenchRow } from './bench.ts';

export const name = 'qualify: error rates of the comparison';

/** Patches of each kind. The rates are what is measured here, not time. */
const patches = 10_000;

/** Runs on each kernel at which a comparison can end, as `nextLook` says them. */
const firstLook = 7;

function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A test that fails this often on each kernel. */
interface SimulatedTest {
  readonly name: string;
  readonly unpatched: number;
  readonly patched: number;
}

const ended = (test: string, status: 'pass' | 'fail'): TestResult => ({
  name: test,
  status,
  durationMs: null,
  reason: '',
  output: '',
});
const known = new Map(
  Array.from({ length: 64 }, (_, index) => [
    `t${index}`,
    { pass: ended(`t${index}`, 'pass'), fail: ended(`t${index}`, 'fail') },
  ]),
);

function runOf(
  tests: readonly SimulatedTest[],
  kernel: 'unpatched' | 'patched',
  only: readonly string[] | null,
  random: () => number,
): TestRun {
  const results = tests.flatMap((test) => known.get(test.name)?.[random() < test[kernel] ? 'fail' : 'pass'] ?? []);
  return { format: 'tap', results, faults: [], only };
}

/** One patch through the public interface, as a runner drives it: no more runs and no more tests than are asked for. */
function qualifyOnce(tests: readonly SimulatedTest[], random: () => number): RegressionReport {
  const [unpatched, patched]: [TestRun[], TestRun[]] = [[], []];
  let [next, only]: [number, readonly string[] | null] = [firstLook, null];
  for (;;) {
    const asked = only === null ? tests : tests.filter((test) => only?.includes(test.name));
    while (patched.length < next) {
      unpatched.push(runOf(asked, 'unpatched', only, random));
      patched.push(runOf(asked, 'patched', only, random));
    }
    const report = compareRuns(unpatched, patched);
    if (report.finished) return report;
    [next, only] = [report.nextLook, report.rerun];
  }
}

interface Kind {
  readonly what: string;
  /** Tests whose flake rate is drawn between 0 and 50 % for each patch. */
  readonly flaky: number;
  readonly stable: number;
  /** How often one more test, which never fails unpatched, fails on the patched kernel. */
  readonly regression: number | undefined;
}

const kinds: readonly Kind[] = [
  { what: 'one flaky test', flaky: 1, stable: 0, regression: undefined },
  { what: '5 flaky tests among 25', flaky: 5, stable: 20, regression: undefined },
  { what: '20 flaky tests', flaky: 20, stable: 0, regression: undefined },
  { what: 'alone', flaky: 0, stable: 0, regression: 0.3 },
  { what: 'among 5 flaky tests and 20 stable ones', flaky: 5, stable: 20, regression: 0.3 },
  { what: 'among 20 flaky tests', flaky: 20, stable: 0, regression: 0.3 },
];

function row(
  what: string,
  unit: string,
  ours: number,
  limit?: { readonly atMost?: number; readonly atLeast?: number },
): BenchRow {
  const bound = limit?.atMost ?? limit?.atLeast;
  const word = limit?.atMost === undefined ? 'at least' : 'at most';
  const ok =
    ours <= (limit?.atMost ?? Number.POSITIVE_INFINITY) && ours >= (limit?.atLeast ?? Number.NEGATIVE_INFINITY);
  return {
    what,
    ours,
    peer: null,
    ratio: null,
    unit,
    target: bound === undefined ? null : `${word} ${bound} ${unit}`,
    ok,
  };
}

function simulate(kind: Kind, seed: number, context: BenchContext): BenchRow[] {
  const random = createRandom(seed);
  let [failed, undecided, runs] = [0, 0, 0];
  for (let patch = 0; patch < patches; patch++) {
    context.signal.throwIfAborted();
    const flaky = Array.from({ length: kind.flaky }, () => random() * 0.5);
    const rates = [...flaky, ...Array<number>(kind.stable).fill(0)].map((rate): [number, number] => [rate, rate]);
    if (kind.regression !== undefined) rates.push([0, kind.regression]);
    const tests = rates.map(([unpatched, patched], index) => ({ name: `t${index}`, unpatched, patched }));
    const report = qualifyOnce(tests, random);
    if (report.verdict === 'fail') failed += 1;
    if (report.verdict === 'inconclusive') undecided += 1;
    runs += report.runs.patched;
  }
  const percent = (count: number): number => (count / patches) * 100;
  const good = kind.regression === undefined;
  const what = good ? `good patch, ${kind.what}` : `a test from 0 to 30 % failures, ${kind.what}`;
  return [
    row(`${what}: fails`, '%', percent(failed), good ? { atMost: 1 } : { atLeast: 90 }),
    row(`${what}: inconclusive`, '%', percent(undecided)),
    row(`${what}: runs on each kernel, mean of at most 40`, 'runs', runs / patches),
  ];
}

export async function run(context: BenchContext): Promise<BenchRow[]> {
  return kinds.flatMap((kind, index) => {
    context.log(`${patches} patches: ${kind.what}`);
    return simulate(kind, index + 1, context);
  });
}
