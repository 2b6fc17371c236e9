import type { RegressionReport } from '../regression-report.ts';
import { compareRuns } from '../regression/compare-runs.ts';
import type { TestRun } from '../test-result.ts';
import { type Reason, verdictOf } from '../verdict.ts';
import type { Bench } from './bench.ts';
import { runOf } from './kselftest-output.ts';
import type { TestFolder, TestProgram } from './test-folder.ts';
import { createTestMachine, type TestMachine } from './test-machine.ts';

/** How tests are compared. */
export interface CompareOptions {
  /** Most runs on each kernel. */
  readonly maxRuns: number;
  /** How long one test may take. */
  readonly testTimeoutMs: number;
  /** Whether the machines are interpreted, by TCG. */
  readonly isEmulated: boolean;
  readonly onProgress: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** All runs of the tests, in their order: what the comparison was made of, to be kept and compared again. */
export interface KeptRuns {
  readonly unpatched: readonly TestRun[];
  readonly patched: readonly TestRun[];
}

/** The statistics leave a test without any failure alone after 12 runs; with fewer allowed they look for coarser regressions. */
const runsForDefaultRate = 12;
/** Under an interpreter the start of a program alone was seen to take some hundred milliseconds more whenever the host had something else to do. */
const emulatedSlowFloorMs = 500;
/** A patch under which the machine goes down this often is decided. */
const maxLosses = 3;

/**
 * Runs the same tests on the unpatched and on the patched kernel, in turn, until it is decided. Runs of one kernel share a boot, so
 * tests must not leave anything behind.
 */
export async function compareInMachines(
  bench: Bench,
  tests: TestFolder,
  options: CompareOptions,
): Promise<{ readonly report: RegressionReport; readonly runs: KeptRuns }> {
  const shared = { ...options, extraMiB: Math.ceil(tests.bytes / 2 ** 20) };
  await using unpatched = createTestMachine(bench, { ...shared, isPatched: false });
  await using patched = createTestMachine(bench, { ...shared, isPatched: true });
  const runs = { unpatched: [] as TestRun[], patched: [] as TestRun[] };
  const design = {
    maxRuns: options.maxRuns,
    ...(options.maxRuns < runsForDefaultRate && { regressionRate: 0.5 }),
    ...(options.isEmulated && { slowFloorMs: emulatedSlowFloorMs }),
  };
  let report = compareRuns(runs.unpatched, runs.patched, design);
  while (!report.finished && patched.losses() < maxLosses) {
    const only = runs.patched.length === 0 || report.rerun.length === 0 ? null : report.rerun;
    const programs = programsFor(tests.programs, only);
    for (let run = runs.patched.length; run < report.nextLook && patched.losses() < maxLosses; run++) {
      options.signal?.throwIfAborted();
      runs.unpatched.push(runOf(await unpatched.run(programs), only));
      runs.patched.push(runOf(await patched.run(programs), only));
      options.onProgress(
        `tests: run ${run + 1} of ${report.nextLook} on both kernels, ${programs.length} programs: ${countOf(runs)}`,
      );
    }
    report = compareRuns(runs.unpatched, runs.patched, design);
  }
  const reasons = [...report.reasons, ...(await machineReasons(unpatched, patched))];
  return { report: { ...report, reasons, verdict: verdictOf(reasons) }, runs };
}

function programsFor(programs: readonly TestProgram[], only: readonly string[] | null): readonly TestProgram[] {
  if (only === null) return programs;
  return programs.filter(({ name }) => only.some((test) => test === name || test.startsWith(`${name} > `)));
}

function countOf({ unpatched, patched }: { unpatched: readonly TestRun[]; patched: readonly TestRun[] }): string {
  const failed = (run: TestRun | undefined): number =>
    run?.results.filter(({ status }) => !['pass', 'skip', 'xfail', 'xpass'].includes(status)).length ?? 0;
  return `${failed(unpatched.at(-1))} failed unpatched, ${failed(patched.at(-1))} patched`;
}

/** What the machines themselves say: faults that only the patched one has seen. */
async function machineReasons(unpatched: TestMachine, patched: TestMachine): Promise<Reason[]> {
  const known = await unpatched.incidents();
  const incidents = [...(await patched.incidents())].filter(([title]) => !known.has(title));
  const reasons = incidents.map(([title, attribution]): Reason => {
    const message = `Under the tests the console of the patched machine shows ${title} (attribution ${attribution}), that of the other does not.`;
    return {
      code: 'KERNEL_INCIDENT',
      weight: attribution === 'weak' || attribution === 'none' ? 'doubts' : 'fails',
      message,
    };
  });
  if (patched.losses() > unpatched.losses()) {
    const message = `The patched machine was lost ${patched.losses()} times under the tests, the other ${unpatched.losses()} times.`;
    reasons.push({ code: 'MACHINE_LOST', weight: patched.losses() >= maxLosses ? 'fails' : 'doubts', message });
  }
  return [...reasons, ...unpatched.notes, ...patched.notes];
}
