/**
 * Which kernel CVEs deserve a livepatch, and in what order: reads CVE, OSV, Ubuntu's and Debian's records, tells the priority, whether a
 * kernel is affected and how hard the livepatch will be, and makes a work queue of them. Pure and synchronous.
 *
 * @packageDocumentation
 */
export { affects } from './affected.ts';
export { type ConfigHint, defaultConfigHints } from './config-hints.ts';
export { priorityOfScore, readCvss } from './cvss.ts';
export { compareDebian } from './debian-version.ts';
export { decidePriority, type DecidePriorityOptions, decidingScore, type PriorityAnswer } from './decide-priority.ts';
export { type Effort, type EffortClass, type EffortSign, type EffortSignKind, unknownEffort } from './effort.ts';
export { signPoints } from './effort-points.ts';
export { isTriageError, TriageError, type TriageErrorCode } from './error.ts';
export { estimateEffort } from './estimate-effort.ts';
export { fixesOf, type WorkItem } from './fixes.ts';
export {
  describeKernel,
  type DescribeKernelOptions,
  type Kernel,
  type KernelPackage,
  type KernelUpstream,
} from './kernel.ts';
export { type KernelConfig, parseKernelConfig, parseModuleList } from './kernel-config.ts';
export { defaultReadLimits, type ReadLimits } from './limits.ts';
export { mergeRecords } from './merge.ts';
export { queueToCsv, queueToTable } from './output.ts';
export {
  defaultDeadlineDays,
  defaultTriagePolicy,
  type Override,
  parseTriagePolicy,
  type TriagePolicy,
} from './policy.ts';
export { priorities, type Priority, type PriorityBasis } from './priority.ts';
export { defaultPriorityRules, type PriorityRule } from './priority-rules.ts';
export type { AffectedAnswer, IneligibleReason, QueueEntry } from './queue-entry.ts';
export { readRecords, type ReadRecordsOptions } from './read-records.ts';
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
export { triage, type TriageOptions } from './triage.ts';
export { compareUpstream, parseUpstreamVersion, type UpstreamVersion } from './upstream-version.ts';
