import {
  compareCounters,
  type Counters,
  type KernelOptions,
  lastLogSequence,
  readCounters,
  readKernelLog,
} from '@klpkit/kernel';
import { type Incident, scanKernelLog } from '@klpkit/kernel-log';
import type { CounterReading, ReportedIncident } from '../../load-report.ts';
import type { Reason } from '../../verdict.ts';

/** What happened to the kernel between two looks. */
export interface HealthLook {
  readonly incidents: readonly ReportedIncident[];
  readonly before: CounterReading;
  readonly after: CounterReading;
  readonly reasons: readonly Reason[];
}

/** Looks at log and counters from step to step. */
export interface HealthWatch {
  /** What came since the last look. `isLoaded`: the patch was in the kernel in that time. */
  look(isLoaded: boolean): Promise<HealthLook>;
}

export async function watchHealth(module: string, kernel: KernelOptions = {}): Promise<HealthWatch> {
  let seq = await lastLogSequence(kernel);
  let before: Counters = await readCounters(kernel);
  return {
    async look(isLoaded) {
      const incidents: Incident[] = [];
      const lastSeq = seq;
      seq = await lastLogSequence(kernel);
      const records = readKernelLog({ ...kernel, from: { seq: lastSeq + 1 }, onGap: () => undefined });
      for await (const incident of scanKernelLog(records, {
        module,
        loadedSeq: isLoaded ? lastSeq : Number.MAX_SAFE_INTEGER,
      }))
        incidents.push(incident);
      const after = await readCounters(kernel);
      const reasons = [...incidents.map((one) => judge(one, isLoaded)), ...judgeCounters(before, after, incidents)];
      const look = { incidents: incidents.map(reported), before, after, reasons };
      before = after;
      return look;
    },
  };
}

/**
 * A machine that does nothing but try this patch has no other cause for trouble. Only a hang without any trace of the patch may
 * come from the machine's host: an interpreter that waits for its turn looks like one.
 */
function judge(incident: Incident, isLoaded: boolean): Reason {
  const { kind, title, attribution } = incident;
  const isCertain = isLoaded && !(kind === 'hang' && (attribution === 'weak' || attribution === 'none'));
  const when = isLoaded ? 'with the patch' : 'without the patch in the kernel';
  return {
    code: 'KERNEL_INCIDENT',
    weight: isCertain ? 'fails' : 'doubts',
    message: `The kernel log shows a ${kind} ${when}: ${title} (attribution ${attribution}); read the step's incidents.`,
  };
}

function judgeCounters(before: Counters, after: Counters, incidents: readonly Incident[]): Reason[] {
  const change = compareCounters(before, after);
  if (change.healthy || incidents.length > 0) return [];
  const taints = change.alarmingTaints.map(({ letter }) => letter).join('');
  const what = `${change.oopses ?? 0} oopses, ${change.warnings ?? 0} warnings${taints && `, taint ${taints}`}`;
  return [
    {
      code: 'KERNEL_INCIDENT',
      weight: 'fails',
      message: `The kernel counted ${what} and its log shows none: read the console.`,
    },
  ];
}

const reported = ({ kind, title, rule, attribution, module, seq, line, trace }: Incident): ReportedIncident => ({
  kind,
  title,
  rule,
  attribution,
  module,
  seq,
  line,
  trace,
});
