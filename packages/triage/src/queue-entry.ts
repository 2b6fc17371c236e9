import type { Effort, EffortClass } from './effort.ts';
import type { Priority, PriorityBasis } from './priority.ts';
import type { CvssScore, Status } from './record.ts';

/** Why a CVE gets no livepatch. */
export type IneligibleReason =
  /** The id was rejected or withdrawn. */
  | 'rejected'
  /** The kernel does not have the flaw: it came later, is fixed in it, or is not in the kernel at all. */
  | 'not-affected'
  /** The running livepatch has the fix. */
  | 'already-fixed'
  /** The code is not built into this kernel, nor as a module of it. */
  | 'config-not-built'
  /** The priority is not among those that the policy takes. */
  | 'below-the-line'
  /** No livepatch can carry the fix. */
  | 'cannot-be-livepatched';

/** Whether the kernel is affected, and how that is known. */
export interface AffectedAnswer {
  readonly status: Status;
  /** One sentence. */
  readonly because: string;
}

/** One CVE in the work queue, what the author of the patch starts from. */
export interface QueueEntry {
  readonly cve: string;
  readonly title: string;
  /** The first of `files`. */
  readonly file: string;
  readonly files: readonly string[];
  readonly priority: Priority;
  readonly basis: PriorityBasis;
  readonly eligible: boolean;
  /** `null` where it is eligible. */
  readonly reason: IneligibleReason | null;
  /** One sentence on the decision. */
  readonly message: string;
  readonly affected: AffectedAnswer;
  readonly effort: EffortClass;
  readonly estimate: Effort;
  /** When the livepatch is due, epoch ms; `null`: not eligible, no deadline for the priority, or no date to count from. */
  readonly deadline: number | null;
  readonly overdue: boolean;
  readonly publishedAt: number | null;
  readonly score: CvssScore | null;
  readonly fixCommits: readonly string[];
  readonly programFiles: readonly string[];
  readonly conflicts: readonly string[];
}
