import type { WorkEvidence } from '../../load-report.ts';
import type { Reason } from '../../verdict.ts';
import { type CallCounter, countCalls } from '../../workload/call-counter.ts';
import { allWorkloads, suggestWorkloads } from '../../workload/suggest-workloads.ts';
import type { WorkAnswer, WorkTally } from '../../workload/work-protocol.ts';
import { WorkerLost } from '../../workload/worker.ts';
import type { WorkloadName } from '../../workload/workload.ts';
import type { LoadTest } from './load-test.ts';
import { StepFailure, type StepFindings } from './step-failure.ts';

/** Long enough for a few rounds of any work under an interpreter. */
const probeMs = 700;
/** A difference below this is none, whatever the factor. */
const slowFloorMs = 0.05;

interface Target {
  readonly object: string;
  readonly name: string;
}

/**
 * Finds out which work calls the patched functions, and measures it on the unpatched kernel. Work that goes wrong there says nothing about the
 * patch: it is left out, and told.
 */
export async function workBefore(test: LoadTest): Promise<StepFindings> {
  const targets = targetsOf(test);
  const called = await findWork(test, targets);
  const tallies = await asked(test, (await test.worker()).work(test.names, test.plan.workMs));
  const [broken, sound] = [tallies.filter(hasFailed), tallies.filter((tally) => !hasFailed(tally))];
  test.names = sound.map(({ name }) => name);
  remember(test.before, sound);
  const missed = targets.filter(
    ({ name }) => called !== undefined && !test.names.some((one) => called.get(one)?.has(name)),
  );
  const reasons = [...leftOut(broken, sound), ...notExercised(targets, missed, called !== undefined)];
  const evidence = tallies.map((tally) => evidenceOf(tally, called?.get(tally.name)));
  return { detail: `Work that is done from here on: ${test.names.join(', ')}.`, work: evidence, reasons };
}

const hasFailed = ({ failures }: WorkTally): boolean => failures > 0;

const inWords = ({ name, rounds, failures, failure }: WorkTally): string =>
  `${name} went wrong in ${failures} of ${rounds + failures} rounds: ${failure}`;

function leftOut(broken: readonly WorkTally[], sound: readonly WorkTally[]): Reason[] {
  const weight = sound.length === 0 ? 'doubts' : 'notes';
  return broken.map((tally) => ({
    code: 'WORKLOAD_LEFT_OUT',
    weight,
    message: `Without the patch, ${inWords(tally)}. It is left out.`,
  }));
}

/** The same work, with the patch or after it. */
export async function workAgain(test: LoadTest, into?: Map<string, number>): Promise<StepFindings> {
  const tallies = await work(test);
  if (into !== undefined) remember(into, tallies);
  const speed = tallies.map(({ name, medianMs }) => `${name} ${medianMs?.toFixed(3) ?? '–'} ms`).join(', ');
  return { detail: `Median round: ${speed}.`, work: tallies.map((tally) => evidenceOf(tally)) };
}

/** Works once more without the patch and compares: the slower one of both times without it counts, so a busy host is no regression. */
export async function workAfter(test: LoadTest): Promise<StepFindings> {
  const after = new Map<string, number>();
  const findings = await workAgain(test, after);
  const reasons = [...test.patched].flatMap(([name, ms]): Reason[] => {
    const base = Math.max(test.before.get(name) ?? 0, after.get(name) ?? 0);
    if (base === 0 || ms < base * test.plan.slowFactor || ms - base < slowFloorMs) return [];
    const message = `${name} takes ${ms.toFixed(3)} ms a round with the patch and ${base.toFixed(3)} ms without: ${(ms / base).toFixed(1)} times as long.`;
    return [{ code: 'WORKLOAD_SLOWER', weight: 'fails', message }];
  });
  return { ...findings, reasons };
}

/** Lets the machine work while `move` is done. */
export async function underWork(test: LoadTest, move: () => Promise<string>): Promise<StepFindings> {
  const worker = await test.worker();
  worker.start(test.names);
  const detail = await move();
  const tallies = await asked(test, worker.stop());
  judge(tallies);
  return { detail, work: tallies.map((tally) => evidenceOf(tally)) };
}

function targetsOf({ patch }: LoadTest): readonly Target[] {
  if (patch.objects === 'unknown') return [];
  return patch.objects.flatMap(({ name: object, functions }) => functions.map(({ name }) => ({ object, name })));
}

/** Tries what the names suggest, then all there is, until each function was called. Undefined where calls cannot be counted. */
async function findWork(
  test: LoadTest,
  targets: readonly Target[],
): Promise<ReadonlyMap<WorkloadName, ReadonlySet<string>> | undefined> {
  const suggested = suggestWorkloads(targets.map(({ name }) => name));
  const counter = await countCalls(targets);
  test.names = suggested.length === 0 ? allWorkloads : suggested;
  if (counter === undefined) return undefined;
  await counter.close();
  const found = new Map<WorkloadName, ReadonlySet<string>>();
  const open = new Set(targets.map(({ name }) => name));
  for (const name of new Set([...suggested, ...allWorkloads])) {
    if (open.size === 0) break;
    const called = await callsOf(test, name, targets);
    if (called.size > 0) found.set(name, called);
    for (const one of called) open.delete(one);
  }
  if (found.size > 0) test.names = [...found.keys()];
  return found;
}

/** A counter of its own for each work: the kernel's counts are not set back. */
async function callsOf(test: LoadTest, name: WorkloadName, targets: readonly Target[]): Promise<ReadonlySet<string>> {
  const worker = await test.worker();
  await asked(test, worker.work([name], 1)); // what the first round alone calls, such as making a folder, counts for the process
  const counter: CallCounter | undefined = await countCalls(targets);
  if (counter === undefined) return new Set();
  try {
    await asked(test, worker.work([name], probeMs));
    return await counter.called();
  } finally {
    await counter.close();
  }
}

async function work(test: LoadTest): Promise<WorkAnswer> {
  const tallies = await asked(test, (await test.worker()).work(test.names, test.plan.workMs));
  judge(tallies);
  return tallies;
}

async function asked(test: LoadTest, answer: Promise<WorkAnswer>): Promise<WorkAnswer> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof WorkerLost)) throw error;
    test.endWorker();
    throw new StepFailure('WORKLOAD_FAILED', `Under the work ${test.names.join(', ')} ${error.message}.`);
  }
}

function judge(tallies: WorkAnswer): void {
  const failed = tallies.find(hasFailed);
  if (failed === undefined) return;
  throw new StepFailure('WORKLOAD_FAILED', `${inWords(failed)}.`, { work: tallies.map((tally) => evidenceOf(tally)) });
}

function notExercised(targets: readonly Target[], missed: readonly Target[], isCounted: boolean): Reason[] {
  const note = (message: string): Reason[] => [{ code: 'NOT_EXERCISED', weight: 'notes', message }];
  if (targets.length === 0) return note('The file does not tell which functions it replaces, so all work was done.');
  if (!isCounted) return note('This kernel cannot count calls, so it is not known whether the work called the patch.');
  if (missed.length === 0) return [];
  return note(`No work that is known here calls ${missed.map(({ name }) => name).join(', ')}: test it by --tests.`);
}

function remember(into: Map<string, number>, tallies: WorkAnswer): void {
  for (const { name, medianMs } of tallies) if (medianMs !== null) into.set(name, medianMs);
}

function evidenceOf({ name, rounds, failures, medianMs }: WorkTally, called?: ReadonlySet<string>): WorkEvidence {
  return { name, rounds, failures, medianMs, called: called === undefined ? null : [...called] };
}
