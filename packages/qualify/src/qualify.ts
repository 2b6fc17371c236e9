import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { readFile } from 'node:fs/promises';
import { type BootOptions, type RootEntry } from '@klpkit/vm';
import type { LoadTestReport } from './load-report.ts';
import { runLoadTest, wrongKernelReport } from './load/run-load-test.ts';
import { type QualificationReport, reportVersion } from './qualification-report.ts';
import { type Reason, type ReasonWeight, verdictOf } from './verdict.ts';
import { type Bench, openBench } from './vm/bench.ts';
import { compareInMachines, type KeptRuns } from './vm/compare-in-machines.ts';
import { openTestFolder, type TestFolder } from './vm/test-folder.ts';
import type { Signer } from './vm/trusted-kernel.ts';

/** How a patch is qualified. */
export interface QualifyOptions {
  /**
   * The kernel that the patch was written for: a folder, a tarball, a Debian package file, or the name of a Debian package or release
   * that apt offers.
   */
  readonly kernel: string;
  /** The version before this one and the one behind it, to be replaced by and to replace; module files. */
  readonly previous?: Uint8Array;
  readonly next?: Uint8Array;
  /**
   * A folder of tests: executable files that end with 0 (passed), 4 (skipped) or anything else, and may print TAP; or what `make
   * install` of the kernel's selftests makes. Without it the load test alone decides.
   */
  readonly tests?: string;
  /** What else the tests need in the machine. */
  readonly entries?: readonly RootEntry[];
  /** Most runs of the tests on each kernel, 2 to 1000; 40 unless told. Most end after 7 or 12. */
  readonly maxRuns?: number;
  /** How long one test may take, milliseconds; 120,000 unless told. */
  readonly testTimeoutMs?: number;
  /**
   * The key that the patch is or will be signed with; a key is made for this run unless told. The machine's kernel is changed to trust
   * it, so that signatures are enforced.
   */
  readonly signer?: Signer;
  /** How long a transition may take, milliseconds; 60,000 unless told: the kernel wakes sleeping tasks after 15 s. */
  readonly transitionMs?: number;
  /** By how many times the work may be slower under the patch; 3 unless told. */
  readonly slowFactor?: number;
  /** How the machines are booted. */
  readonly boot?: Pick<BootOptions, 'accelerator' | 'cpus' | 'memoryMiB' | 'cacheFolder'>;
  /** Sees what is being done, a sentence at a time. */
  readonly onProgress?: (text: string) => void;
  /** The time, epoch milliseconds. */
  readonly now?: () => number;
  readonly signal?: AbortSignal;
}

/** What came out of it. */
export interface Qualification {
  readonly report: QualificationReport;
  /** The patch as it was loaded, where it was signed here with the caller's key: the file that the report's digest is of. */
  readonly signed: Uint8Array | null;
  /** Every run of the tests, in its order; `null` where none was run. */
  readonly runs: KeptRuns | null;
}

/** How long the machine works each time it is measured; the least at which a median under an interpreter holds still. */
const workMs = 2_000;
/** Everything but the transitions of a load test, on a machine that has much else to do. */
const loadTestMs = 300_000;

/**
 * Loads a livepatch on the kernel that it was written for, in a machine of its own, through all that happens to a patch in its life; runs the same
 * tests on the unpatched and the patched kernel; and says whether it may be released. Needs Linux on x86_64, and QEMU as `@klpkit/vm` does.
 *
 * A patch that does not hold is a report with reasons. Throws `QualifyError`, `VmError` or `VerifyError` where nothing can be said of it.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { qualify } from '@klpkit/qualify';
 *
 * const { report } = await qualify(await readFile('livepatch.ko'), {
 *   kernel: 'linux-image-6.1.0-56-cloud-amd64',
 *   tests: 'kselftest_install',
 *   onProgress: (text) => console.error(text),
 * });
 * console.log(report.verdict, report.reasons);
 * ```
 */
export async function qualify(patch: Uint8Array, options: QualifyOptions): Promise<Qualification> {
  const { signal, now = Date.now, onProgress = () => {} } = options;
  signal?.throwIfAborted();
  const startedAt = now();
  const tests = options.tests === undefined ? undefined : await openTestFolder(options.tests);
  await using bench = await openBench({
    kernel: options.kernel,
    patch,
    previous: options.previous,
    next: options.next,
    signer: options.signer,
    settings: {
      transitionMs: options.transitionMs ?? 60_000,
      workMs,
      slowFactor: options.slowFactor ?? 3,
      cyclesUnderWork: 2,
    },
    entries: [...(tests?.entries ?? []), ...(options.entries ?? [])],
    ...(options.boot && { boot: options.boot }),
    onProgress,
    signal,
  });
  const load = await loadTest(bench, options, onProgress);
  const compared = load.verdict === 'fail' ? null : await compare(bench, { tests, load }, options);
  const regression = compared?.report ?? null;
  const reasons = [...load.reasons, ...(regression?.reasons ?? []), ...noTests(load, tests)].toSorted(byWeight);
  const file = bench.patch.isSignedHere ? bench.patch.bytes : patch;
  const report: QualificationReport = {
    version: reportVersion,
    verdict: verdictOf(reasons),
    reasons,
    kernel: await kernelWords(bench, options.kernel),
    patch: { module: bench.patch.name, sha256: sha256(file), size: file.length },
    startedAt,
    finishedAt: now(),
    load,
    regression,
  };
  return { report, signed: bench.patch.isSignedHere ? file : null, runs: compared?.runs ?? null };
}

async function loadTest(
  bench: Bench,
  { transitionMs = 60_000 }: QualifyOptions,
  onProgress: (text: string) => void,
): Promise<LoadTestReport> {
  const { patch, kernel } = bench;
  if (patch.release !== kernel.release || patch.arch !== kernel.arch) {
    return wrongKernelReport(
      `${patch.name} is built for ${patch.release} on ${patch.arch}, the kernel is ${kernel.release} on ${kernel.arch}: build it for this kernel, or name the one that it is for.`,
    );
  }
  return runLoadTest(bench, { timeoutMs: loadTestMs + 4 * transitionMs, onProgress });
}

/** A patch that does not hold by itself is not tested any further. */
async function compare(
  bench: Bench,
  { tests, load }: { readonly tests: TestFolder | undefined; readonly load: LoadTestReport },
  { maxRuns = 40, testTimeoutMs = 120_000, onProgress = () => {}, signal }: QualifyOptions,
): Promise<Awaited<ReturnType<typeof compareInMachines>> | null> {
  if (tests === undefined) return null;
  const isEmulated = load.accelerator === 'tcg';
  return compareInMachines(bench, tests, { maxRuns, testTimeoutMs, isEmulated, onProgress, signal });
}

function noTests(load: LoadTestReport, tests: TestFolder | undefined): Reason[] {
  if (tests === undefined)
    return [{ code: 'NO_TESTS', weight: 'notes', message: 'No tests were given, so the load test alone decided.' }];
  if (load.verdict !== 'fail') return [];
  return [{ code: 'NO_TESTS', weight: 'notes', message: 'The tests were not run, as the load test failed.' }];
}

const weights: readonly ReasonWeight[] = ['fails', 'doubts', 'notes'];
const byWeight = (a: Reason, b: Reason): number => weights.indexOf(a.weight) - weights.indexOf(b.weight);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function kernelWords({ kernel, stockImage }: Bench, origin: string): Promise<QualificationReport['kernel']> {
  return {
    release: kernel.release,
    arch: kernel.arch,
    origin: basename(origin),
    sha256: sha256(await readFile(stockImage)),
  };
}
