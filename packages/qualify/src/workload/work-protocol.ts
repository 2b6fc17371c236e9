import type { WorkloadName } from './workload.ts';

/** What the working process is asked. */
export type WorkRequest =
  /** Work for a time and tell how it went. */
  | { readonly ask: 'work'; readonly names: readonly WorkloadName[]; readonly forMs: number }
  /** Work until `stop`. */
  | { readonly ask: 'start'; readonly names: readonly WorkloadName[] }
  | { readonly ask: 'stop' };

/** How one workload went. */
export interface WorkTally {
  readonly name: WorkloadName;
  readonly rounds: number;
  readonly failures: number;
  /** Median time of a round, milliseconds; `null` where none was finished. */
  readonly medianMs: number | null;
  /** The first failure's words; `''` without one. */
  readonly failure: string;
}

/** Its answer; a workload that this kernel does not offer is not in it. */
export type WorkAnswer = readonly WorkTally[];
