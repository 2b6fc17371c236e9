import { scanKernelText } from '@klpkit/kernel-log';
import { describeExit } from '@klpkit/vm';
import { QualifyError } from '../error.ts';
import type { LoadStep, LoadStepKind, LoadTestReport } from '../load-report.ts';
import { type Reason, verdictOf } from '../verdict.ts';
import type { Bench } from '../vm/bench.ts';
import { type GuestRun, runGuest } from '../vm/run-guest.ts';
import type { LoadEvent } from './load-event.ts';

/** How the load test is carried out. */
export interface RunLoadTestOptions {
  /** How long all steps may take. */
  readonly timeoutMs: number;
  readonly onProgress: (text: string) => void;
}

/** How much of the console a report keeps where a machine was lost. */
const keptConsoleChars = 16_000;
const nothing = { incidents: [], before: null, after: null, functions: [], work: [] } as const;

/** Loads the patch in a machine, through all steps, and tells what became of it. A patch that fails is a report, not an error. */
export async function runLoadTest(bench: Bench, options: RunLoadTestOptions): Promise<LoadTestReport> {
  const startedAt = performance.now();
  options.onProgress(`load test: booting ${bench.kernel.release}`);
  const run = await runGuest(bench, 'test', { timeoutMs: options.timeoutMs, onEvent: tell(options.onProgress) });
  await run.vm.kill();
  const steps = run.events.flatMap((event) => (event.event === 'step' ? [event.step] : []));
  const reasons = run.events.flatMap((event) => (event.event === 'step' ? event.reasons : []));
  const lost = run.events.some(({ event }) => event === 'done') ? undefined : await lostIn(run, bench.patch.name);
  const all = [...(lost?.reasons ?? []), ...reasons, ...bench.notes, ...run.notes];
  const boot = step('boot', 'boot', 'ok', `${bench.kernel.release} was up after ${run.bootMs} ms.`, run.bootMs);
  return {
    verdict: verdictOf(all),
    reasons: all,
    accelerator: run.vm.accelerator,
    durationMs: Math.round(performance.now() - startedAt),
    steps: [boot, ...steps, ...(lost === undefined ? [] : [lost.step])],
    console: lost === undefined ? '' : run.console.join('\n').slice(-keptConsoleChars),
  };
}

/** The report for a patch that is for another kernel: no machine is booted, as the kernel itself may take it. */
export function wrongKernelReport(message: string): LoadTestReport {
  const reason: Reason = { code: 'WRONG_KERNEL', weight: 'fails', message };
  const steps = [step('preflight', 'look before the load', 'failed', message, 0)];
  return { verdict: 'fail', reasons: [reason], accelerator: null, durationMs: 0, steps, console: '' };
}

function step(
  kind: LoadStepKind,
  title: string,
  outcome: LoadStep['outcome'],
  detail: string,
  durationMs: number,
): LoadStep {
  return { kind, title, outcome, durationMs, detail, ...nothing };
}

const tell =
  (onProgress: (text: string) => void) =>
  (event: LoadEvent): void => {
    if (event.event !== 'step') return;
    const { title, outcome, durationMs, detail } = event.step;
    onProgress(`load test: ${title}: ${outcome}, ${(durationMs / 1000).toFixed(1)} s. ${detail}`);
  };

/** What the machine was at when it went: the console alone is left to say why. */
async function lostIn(run: GuestRun, module: string): Promise<{ step: LoadStep; reasons: readonly Reason[] }> {
  const last = run.events.findLast((event) => event.event === 'begun');
  if (last?.event !== 'begun')
    throw new QualifyError('LOAD_TEST_FAILED', `The program in the machine did not begin (${describeExit(run.exit)}).`);
  const isSteps = run.exit.kind === 'exited';
  const said = isSteps ? `: ${run.exit.lines.slice(-15).join(' | ')}` : '';
  if (isSteps && !run.console.some((line) => /Oops|BUG:|Call Trace/.test(line)))
    throw new QualifyError(
      'LOAD_TEST_FAILED',
      `The program in the machine failed at "${last.title}" (${describeExit(run.exit)})${said}`,
    );
  const incidents = [];
  for await (const incident of scanKernelText([run.console.map((line) => `${line}\n`).join('')], { module }))
    incidents.push(incident);
  const titles = incidents.map(({ title }) => title).join('; ') || 'its console says nothing of a fault';
  const message = `The machine was lost at "${last.title}" (${describeExit(run.exit)}): ${titles}; read the console.`;
  // Without a word of the kernel a machine that took too long may as well have been a slow one.
  const isSlow = run.exit.kind === 'timed-out' && incidents.length === 0;
  const reasons: Reason[] = [{ code: 'MACHINE_LOST', weight: isSlow ? 'doubts' : 'fails', message }];
  return { step: { ...step(last.kind, last.title, 'failed', message, 0), incidents }, reasons };
}
