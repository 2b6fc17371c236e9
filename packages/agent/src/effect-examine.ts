import { lastLogSequence, readCounters, readKernelLog, readTransition } from '@klpkit/kernel';
import { type Incident, scanKernelLog } from '@klpkit/kernel-log';
import type { Body } from './body.ts';
import type { Effect } from './effect.ts';
import type { StepEvent } from './step-event.ts';
import { judgeHealth } from './judge-health.ts';
import type { Baseline, Hands } from './workbench.ts';

/** Waits for the health check's time and makes it. */
export async function examine(
  { index, appliedAt, module }: Extract<Effect, { kind: 'examine' }>,
  { body, bench, signal }: Hands,
): Promise<StepEvent> {
  const { clock, epochMs, schedule } = body;
  bench.appliedAtMs ??= clock.now() - Math.max(0, epochMs() - appliedAt);
  const delayMs = schedule.healthDelaysMs[index];
  const remainingMs = bench.appliedAtMs + delayMs - clock.now();
  await clock.sleep(Math.min(Math.max(0, remainingMs), delayMs), signal);
  const record = body.journal.memory().open;
  if (record === null) throw new TypeError('a health check needs an open record');
  const verdict = judgeHealth({
    module,
    hostNames: body.ports.hostNames ?? [],
    transition: await readTransition(module, body.kernelOptions),
    before: record.counters,
    now: await readCounters(body.kernelOptions),
    incidents: await incidentsSince(record, body, signal),
  });
  const now = body.epochMs();
  return verdict.healthy ? { kind: 'found-healthy', now } : { kind: 'found-ill', ...verdict, now };
}

/** Notes how the machine stands before the placebo, and that it had it. */
export async function openControl(
  { release }: Extract<Effect, { kind: 'open-control' }>,
  { body, bench }: Hands,
): Promise<undefined> {
  bench.control = {
    logSeq: await lastLogSequence(body.kernelOptions),
    counters: await readCounters(body.kernelOptions),
    module: '',
  };
  await body.journal.noteControl(release);
}

/** Waits as long as a real attempt takes and looks at the machine as after one. */
export async function examineControl(
  { attemptId, release }: Extract<Effect, { kind: 'examine-control' }>,
  { body, bench, signal }: Hands,
): Promise<StepEvent> {
  const { control } = bench;
  if (control === undefined) throw new TypeError('a control examination needs its beginning');
  await body.clock.sleep(body.schedule.healthDelaysMs[3], signal);
  const { healthy } = judgeHealth({
    module: control.module,
    transition: { kind: 'patched', evidence: 'enabled' },
    before: control.counters,
    now: await readCounters(body.kernelOptions),
    incidents: await incidentsSince(control, body, signal),
  });
  delete bench.control;
  return { kind: 'control-examined', healthy, attemptId, release };
}

/** All incidents of the log since the load. A log that overran is read from what is left: the counters speak for what is gone. */
async function incidentsSince(
  { logSeq, module }: Baseline,
  body: Body,
  signal: AbortSignal | undefined,
): Promise<Incident[]> {
  const stop = signal === undefined ? {} : { signal };
  const lines = readKernelLog({
    ...body.kernelOptions,
    from: { seq: logSeq + 1 },
    onGap: ({ fromSeq, toSeq }) => {
      const message = `Kernel log records ${fromSeq} to ${toSeq - 1} were overwritten before they could be read.`;
      body.ports.onEvent?.({ kind: 'trouble', code: 'LOG_OVERRUN', message });
    },
    ...stop,
  });
  const incidents: Incident[] = [];
  for await (const incident of scanKernelLog(lines, {
    ...(module === '' ? {} : { module }),
    format: 'kmsg',
    loadedSeq: logSeq,
    ...stop,
  })) {
    incidents.push(incident);
  }
  return incidents;
}
