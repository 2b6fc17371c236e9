import { setTimeout as delay } from 'node:timers/promises';
import { preflight, readPatches } from '@klpkit/kernel';
import type { LoadStepKind } from '../../load-report.ts';
import type { PlannedModule } from '../load-plan.ts';
import type { LoadTest } from './load-test.ts';
import { disable, insert, remove, unloadAll, untilPatched } from './moves.ts';
import { lookAtFunctions } from './redirected.ts';
import { StepFailure, type StepFindings } from './step-failure.ts';
import { underWork, workAfter, workAgain, workBefore } from './work.ts';

/** One step of the load test. */
export interface Step {
  readonly kind: LoadStepKind;
  readonly title: string;
  readonly run: (test: LoadTest) => Promise<StepFindings>;
}

const ms = (time: number): string => `${Math.round(time)} ms`;
/** How long an atomic replacement may take to let the old patch go. */
const replacedMs = 10_000;

/** The load test, in its order. */
export const loadSteps: readonly Step[] = [
  { kind: 'preflight', title: 'look before the load', run: lookBefore },
  { kind: 'work', title: 'work before the load', run: workBefore },
  { kind: 'load', title: 'load', run: load },
  { kind: 'transition', title: 'transition to the patch', run: transition },
  { kind: 'redirect', title: 'functions that are redirected', run: (test) => lookAtFunctions(test, test.patch) },
  { kind: 'work', title: 'work on the patched kernel', run: (test) => workAgain(test, test.patched) },
  {
    kind: 'disable',
    title: 'disable',
    run: async (test) => said('No task runs it after', disable(test, test.patch.name)),
  },
  { kind: 'unload', title: 'unload', run: unload },
  { kind: 'work', title: 'work after the unload', run: workAfter },
  { kind: 'reload', title: 'load again', run: reload },
  { kind: 'replace-previous', title: 'back to the previous version and up again', run: replaceByPrevious },
  { kind: 'replace-next', title: 'up to the next version', run: replaceByNext },
  { kind: 'work', title: 'load and unload under work', run: cyclesUnderWork },
  { kind: 'health', title: 'log and counters at the end', run: lookAtEnd },
];

const said = async (words: string, time: Promise<number>): Promise<StepFindings> => ({
  detail: `${words} ${ms(await time)}.`,
});

async function lookBefore(test: LoadTest): Promise<StepFindings> {
  const { ok, reasons } = await preflight(test.patch, test.kernel);
  const words = reasons.map(({ code, message }) => `${code}: ${message}`).join(' ');
  if (ok) return { detail: words || 'Nothing speaks against it.' };
  const isOther = reasons.some(({ code }) => code.startsWith('WRONG_'));
  throw new StepFailure(isOther ? 'WRONG_KERNEL' : 'LOAD_REFUSED', words);
}

async function load(test: LoadTest): Promise<StepFindings> {
  const startedAt = performance.now();
  await insert(test, test.patch);
  return { detail: `The kernel took it in ${ms(performance.now() - startedAt)}.` };
}

async function transition(test: LoadTest): Promise<StepFindings> {
  return said('Every task was moved', untilPatched(test, test.patch.name));
}

async function unload(test: LoadTest): Promise<StepFindings> {
  await remove(test, test.patch.name);
  const left = (await readPatches(test.kernel)).map(({ name }) => name);
  if (left.includes(test.patch.name)) throw new StepFailure('UNLOAD_REFUSED', `sysfs still has ${test.patch.name}.`);
  return { detail: 'The module is gone.' };
}

async function reload(test: LoadTest): Promise<StepFindings> {
  await insert(test, test.patch);
  const time = await untilPatched(test, test.patch.name);
  const { functions = [] } = await lookAtFunctions(test, test.patch);
  return { detail: `Applied again, every task moved ${ms(time)} after the load.`, functions };
}

async function replaceByPrevious(test: LoadTest): Promise<StepFindings> {
  const { previous } = test.plan;
  const out = leftOut(test, previous, '--previous');
  if (out !== undefined || previous === null) return out ?? { detail: '' };
  const first = await replaceBy(test, test.patch.name, previous);
  if (first === 'stacked') {
    await disable(test, previous.module);
    await remove(test, previous.module);
    return { detail: `${previous.module} was stacked on it and taken off: neither replaces the other.` };
  }
  const again = await replaceBy(test, previous.module, test.plan.patch);
  return { detail: `${previous.module} replaced it (${first}), and was replaced by it (${again}).` };
}

async function replaceByNext(test: LoadTest): Promise<StepFindings> {
  const { next } = test.plan;
  const out = leftOut(test, next, '--next');
  if (out === undefined && next !== null) {
    const how = await replaceBy(test, test.patch.name, next);
    await unloadAll(test);
    return { detail: `${next.module} came over it (${how}), and all was unloaded.` };
  }
  await unloadAll(test);
  return out ?? { detail: '' };
}

function leftOut(test: LoadTest, other: PlannedModule | null, option: string): StepFindings | undefined {
  const note = (message: string): StepFindings => ({
    detail: message,
    isLeftOut: true,
    reasons: [{ code: 'STEP_NOT_RUN', weight: 'notes', message }],
  });
  if (other === null) return note(`No ${option} was given, so replacement by it was not tried.`);
  if (other.module !== test.patch.name) return undefined;
  return note(`${option} has the patch's own module name, so one cannot replace the other in the kernel.`);
}

/** Loads a patch over another one: an atomic replacement lets the old one go. */
async function replaceBy(test: LoadTest, old: string, other: PlannedModule): Promise<'replaced' | 'stacked'> {
  const module = await test.module(other);
  await insert(test, module);
  await untilPatched(test, module.name);
  await lookAtFunctions(test, module);
  const end = performance.now() + replacedMs;
  for (;;) {
    const still = (await readPatches(test.kernel)).find(({ name }) => name === old);
    if (still === undefined || !still.enabled) break;
    if (still.transition !== true && performance.now() > end - replacedMs + 1_000) return 'stacked';
    if (performance.now() > end) return 'stacked';
    await delay(100);
  }
  await remove(test, old);
  return 'replaced';
}

async function cyclesUnderWork(test: LoadTest): Promise<StepFindings> {
  const { cyclesUnderWork: cycles } = test.plan;
  return underWork(test, async () => {
    const times: string[] = [];
    for (let cycle = 0; cycle < cycles; cycle++) {
      await insert(test, test.patch);
      const there = await untilPatched(test, test.patch.name);
      const back = await disable(test, test.patch.name);
      await remove(test, test.patch.name);
      times.push(`${ms(there)} there and ${ms(back)} back`);
    }
    return `Loaded and unloaded ${cycles} times while the machine worked: ${times.join('; ')}.`;
  });
}

async function lookAtEnd(test: LoadTest): Promise<StepFindings> {
  test.endWorker();
  const left = (await readPatches(test.kernel)).map(({ name }) => name);
  if (left.length > 0) throw new StepFailure('UNLOAD_REFUSED', `Still in the kernel: ${left.join(', ')}.`);
  return { detail: 'No patch is left in the kernel.' };
}
