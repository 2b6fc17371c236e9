import { scanKernelText } from '@klpkit/kernel-log';
import { describeExit, type Vm } from '@klpkit/vm';
import { QualifyError } from '../error.ts';
import type { Reason } from '../verdict.ts';
import type { Bench } from './bench.ts';
import type { ProgramRun } from './kselftest-output.ts';
import { runGuest } from './run-guest.ts';
import { type TestProgram, testsFolder } from './test-folder.ts';

/** A machine that runs tests: unpatched or patched, booted again whenever it was lost. */
export interface TestMachine extends AsyncDisposable {
  /** Runs programs one after the other. */
  run(programs: readonly TestProgram[]): Promise<readonly ProgramRun[]>;
  /** How often it was lost under a test. */
  losses(): number;
  /** Titles of the faults on its consoles, with how sure it is that the patch had a part in them. */
  incidents(): Promise<ReadonlyMap<string, string>>;
  readonly notes: readonly Reason[];
}

export interface TestMachineOptions {
  readonly isPatched: boolean;
  /** Memory for the copy of the tests, besides that of the machine. */
  readonly extraMiB: number;
  /** How long one test may take. */
  readonly testTimeoutMs: number;
  readonly onProgress: (text: string) => void;
}

const copyFolder = '/tmp/tests';
/** Scripts read from /dev/fd; the root disk is read-only, so tests run in a copy. */
const prepare = `ln -sfn /proc/self/fd /dev/fd; mkdir -p ${copyFolder} && cp -a ${testsFolder}/. ${copyFolder}/`;
/** How long after its time a test that does not end by a signal takes the machine with it. */
const graceMs = 30_000;
const applyTimeoutMs = 180_000;

export function createTestMachine(bench: Bench, options: TestMachineOptions): TestMachine {
  const notes: Reason[] = [];
  const consoles: string[][] = [];
  let vm: Vm | undefined;
  let losses = 0;
  const up = async (): Promise<Vm> => {
    if (vm !== undefined) return vm;
    const lines: string[] = [];
    consoles.push(lines);
    vm = options.isPatched ? await patched(bench, lines, notes) : await plain(bench, options, lines);
    await vm.run(['sh', '-c', prepare]);
    return vm;
  };
  return {
    notes,
    losses: () => losses,
    incidents: () => incidentsOf(consoles, bench.patch.name),
    async run(programs) {
      const runs: ProgramRun[] = [];
      for (const program of programs) {
        const run = await runProgram(await up(), program, options.testTimeoutMs);
        runs.push(run);
        if (run.end.kind !== 'machine-lost') continue;
        losses++;
        vm = undefined;
      }
      if (options.isPatched && vm !== undefined && !(await isApplied(vm, bench.patch.name))) {
        const message =
          'A test took the patch out of the kernel, so its run says nothing of the patch: leave that test out.';
        if (!notes.some((note) => note.message === message))
          notes.push({ code: 'NOT_REDIRECTED', weight: 'doubts', message });
        await vm.kill();
        vm = undefined;
      }
      return runs;
    },
    [Symbol.asyncDispose]: async () => void (await vm?.kill()),
  };
}

async function plain(bench: Bench, { extraMiB }: TestMachineOptions, lines: string[]): Promise<Vm> {
  return bench.boot({
    memoryMiB: 512 + extraMiB,
    timeoutMs: 2 ** 31 - 1,
    onConsoleLine: (line) => void lines.push(line),
  });
}

/** The load alone, by the same program as in the load test. */
async function patched(bench: Bench, lines: string[], notes: Reason[]): Promise<Vm> {
  const run = await runGuest(bench, 'apply', {
    timeoutMs: applyTimeoutMs,
    onEvent: () => {},
    onConsoleLine: (line) => void lines.push(line),
  });
  notes.push(...run.notes);
  if (run.events.some(({ event }) => event === 'done') && (await isApplied(run.vm, bench.patch.name))) return run.vm;
  await run.vm.kill();
  const steps = run.events.flatMap((event) =>
    event.event === 'step' ? [`${event.step.title}: ${event.step.detail}`] : [],
  );
  throw new QualifyError(
    'VM_FAILED',
    `The patch could not be applied for the tests (${describeExit(run.exit)}): ${steps.join(' ')}`,
  );
}

async function isApplied(vm: Vm, name: string): Promise<boolean> {
  const exit = await vm.run(['cat', `/sys/kernel/livepatch/${name}/enabled`], { timeoutMs: graceMs });
  return exit.kind === 'exited' && exit.lines[0] === '1';
}

async function runProgram(vm: Vm, { name, folder, file }: TestProgram, limitMs: number): Promise<ProgramRun> {
  const startedAt = performance.now();
  const command = ['timeout', '-k', '5', String(Math.ceil(limitMs / 1000)), `./${file}`];
  const exit = await vm.run(command, { cwd: `${copyFolder}/${folder}`, timeoutMs: limitMs + graceMs });
  const durationMs = Math.round(performance.now() - startedAt);
  const run = { name, lines: exit.lines, durationMs };
  if (exit.kind !== 'exited') {
    await vm.kill();
    return { ...run, end: { kind: 'machine-lost', how: describeExit(exit) } };
  }
  // busybox's timeout hands on the program's own end, which is that of a signal then
  if (exit.exitCode !== 0 && durationMs >= limitMs) return { ...run, end: { kind: 'timed-out', afterMs: limitMs } };
  return { ...run, end: { kind: 'exited', exitCode: exit.exitCode } };
}

async function incidentsOf(
  consoles: readonly (readonly string[])[],
  module: string,
): Promise<ReadonlyMap<string, string>> {
  const titles = new Map<string, string>();
  for (const lines of consoles) {
    const text = lines.map((line) => `${line}\n`).join('');
    for await (const { title, attribution } of scanKernelText([text], { module })) titles.set(title, attribution);
  }
  return titles;
}
