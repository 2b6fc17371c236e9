import type { Incident } from '@klpkit/kernel-log';
import type { Reason, Verdict } from './verdict.ts';

/** What the load test does, in this order; some more than once. */
export type LoadStepKind =
  | 'boot'
  | 'preflight'
  | 'load'
  | 'transition'
  | 'redirect'
  | 'health'
  | 'work'
  | 'disable'
  | 'unload'
  | 'reload'
  | 'replace-next'
  | 'replace-previous';

/** An incident of the kernel log, as a report keeps it. Untrusted text. */
export type ReportedIncident = Pick<
  Incident,
  'kind' | 'title' | 'rule' | 'attribution' | 'module' | 'seq' | 'line' | 'trace'
>;

/** Counters of the kernel before and after a step; `null` where the kernel does not count. */
export interface CounterReading {
  readonly tainted: number;
  readonly oops: number | null;
  readonly warn: number | null;
}

/** A function of the patch, and whether the kernel lists it as redirected (`/sys/kernel/livepatch/PATCH/OBJECT/FUNCTION,SYMPOS`). */
export interface RedirectedFunction {
  /** `vmlinux` or a module's name. */
  readonly object: string;
  readonly name: string;
  readonly sympos: number;
  readonly redirected: boolean;
}

/** What the work did while a step was carried out. */
export interface WorkEvidence {
  /** Name of the workload. */
  readonly name: string;
  /** Rounds that it finished, and those that went wrong. */
  readonly rounds: number;
  readonly failures: number;
  /** Median time of a round, milliseconds; `null` where no round was finished. */
  readonly medianMs: number | null;
  /** Patched functions that were seen called; `null` where that cannot be told. */
  readonly called: readonly string[] | null;
}

/** One step, with what it was judged by. */
export interface LoadStep {
  readonly kind: LoadStepKind;
  /** For people, such as `load again`. */
  readonly title: string;
  readonly outcome: 'ok' | 'failed' | 'not-run';
  /** Time it took, milliseconds. */
  readonly durationMs: number;
  /** What was seen, one sentence; untrusted text may be in it. */
  readonly detail: string;
  readonly incidents: readonly ReportedIncident[];
  readonly before: CounterReading | null;
  readonly after: CounterReading | null;
  /** Only of steps that look at it. */
  readonly functions: readonly RedirectedFunction[];
  readonly work: readonly WorkEvidence[];
}

/** What came out of loading the patch on its kernel. */
export interface LoadTestReport {
  readonly verdict: Verdict;
  /** Never empty unless the verdict is `pass`. */
  readonly reasons: readonly Reason[];
  /** `kvm`, or `tcg` where the machine was emulated; `null` where none was booted, as the patch is for another kernel. */
  readonly accelerator: 'kvm' | 'tcg' | null;
  readonly durationMs: number;
  readonly steps: readonly LoadStep[];
  /** The end of the serial console, where a machine was lost; `''` otherwise. Untrusted text. */
  readonly console: string;
}
