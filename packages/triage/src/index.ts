/**
 * Which kernel CVEs deserve a livepatch, and in what order: reads CVE, OSV, Ubuntu's and Debian's records, tells the priority, whether a
 * kernel is affected and how hard the livepatch will be, and makes a work queue of them. Pure and synchronous.
 *
 * @packageDocumentation
 */
export type { Effort, EffortClass, EffortSign, EffortSignKind } from './effort.ts';
export { isTriageError, TriageError, type TriageErrorCode } from './error.ts';
export type { Kernel, KernelPackage, KernelUpstream } from './kernel.ts';
export { priorities, type Priority, type PriorityBasis } from './priority.ts';
export type { AffectedAnswer, IneligibleReason, QueueEntry } from './queue-entry.ts';
export type {
  CommitRange,
  CvssScore,
  CvssVersion,
  RecordFormat,
  Statement,
  Status,
  UpstreamRange,
  VendorWord,
  Vulnerability,
  VulnerabilityRecord,
} from './record.ts';
export type { UpstreamVersion } from './upstream-version.ts';
