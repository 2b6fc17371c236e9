import { setTimeout as delay } from 'node:timers/promises';
import type { LoadStep } from '../../load-report.ts';
import type { Reason } from '../../verdict.ts';
import type { LoadEvent } from '../load-event.ts';
import { type HealthWatch, watchHealth } from './health.ts';
import type { LoadTest } from './load-test.ts';
import { StepFailure, type StepFindings } from './step-failure.ts';
import type { Step } from './steps.ts';

/** What a kernel says of a fault comes as many records; the last of them some moments after the task is dead. */
const lastWordsMs = 500;

/** Runs the steps one after the other; behind one that failed the rest is told as not run. */
export async function runSteps(
  test: LoadTest,
  steps: readonly Step[],
  emit: (event: LoadEvent) => void,
): Promise<void> {
  const health = await watchHealth(test.patch.name, test.kernel);
  let failed: string | undefined;
  let isLoaded = false;
  for (const { kind, title, run } of steps) {
    if (failed !== undefined) {
      emit({ event: 'step', step: notRun({ kind, title }, failed), reasons: [] });
      continue;
    }
    emit({ event: 'begun', kind, title });
    isLoaded ||= kind === 'load';
    const { step, reasons } = await runStep({ kind, title, run }, test, { health, isLoaded });
    emit({ event: 'step', step, reasons });
    if (step.outcome === 'failed') failed = title;
  }
}

async function runStep(
  { kind, title, run }: Step,
  test: LoadTest,
  { health, isLoaded }: { health: HealthWatch; isLoaded: boolean },
): Promise<{ step: LoadStep; reasons: readonly Reason[] }> {
  const startedAt = performance.now();
  let findings: StepFindings;
  const own: Reason[] = [];
  try {
    findings = await run(test);
    own.push(...(findings.reasons ?? []));
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error;
    findings = { ...error.findings, detail: error.message };
    own.push(error.reason);
    await delay(lastWordsMs);
  }
  const { incidents, before, after, reasons } = await health.look(isLoaded);
  const all = [...own, ...reasons];
  // A slower workload is told and the test goes on: what else is wrong is worth knowing too.
  const isBad = all.some(({ weight, code }) => weight === 'fails' && code !== 'WORKLOAD_SLOWER');
  const { detail, functions = [], work = [] } = findings;
  const outcome = isBad ? 'failed' : findings.isLeftOut === true ? 'not-run' : 'ok';
  const durationMs = Math.round(performance.now() - startedAt);
  return {
    step: { kind, title, outcome, durationMs, detail, incidents, before, after, functions, work },
    reasons: all,
  };
}

function notRun({ kind, title }: Pick<Step, 'kind' | 'title'>, failed: string): LoadStep {
  const detail = `Not run, as "${failed}" failed.`;
  const nothing = { incidents: [], before: null, after: null, functions: [], work: [] };
  return { kind, title, outcome: 'not-run', durationMs: 0, detail, ...nothing };
}
