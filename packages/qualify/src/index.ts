/**
 * Does a livepatch hold on the kernel that it was written for? Loads it in a virtual machine, compares test results of the unpatched and the
 * patched kernel, and signs what came out.
 *
 * @packageDocumentation
 */
export { isQualifyError, QualifyError, type QualifyErrorCode } from './error.ts';
export type {
  CounterReading,
  LoadStep,
  LoadStepKind,
  LoadTestReport,
  RedirectedFunction,
  ReportedIncident,
  WorkEvidence,
} from './load-report.ts';
export { type Qualification, qualify, type QualifyOptions } from './qualify.ts';
export type { KeptRuns } from './vm/compare-in-machines.ts';
export type { Signer } from './vm/trusted-kernel.ts';
export { suggestWorkloads } from './workload/suggest-workloads.ts';
export type { WorkloadKind, WorkloadName } from './workload/workload.ts';
export { createEvidence, type CreateEvidenceOptions, evidenceDigest } from './evidence/create-evidence.ts';
export { type VerifiedEvidence, verifyEvidence, type VerifyEvidenceOptions } from './evidence/verify-evidence.ts';
export { compareRuns } from './regression/compare-runs.ts';
export { reportToHtml } from './report/html.ts';
export { reportToJunit } from './report/junit.ts';
export { parseReport, reportToJson } from './report/report-json.ts';
export { defaultResultLimits, type ResultLimits } from './results/limits.ts';
export { readResults, type ReadResultsOptions } from './results/read-results.ts';
export type { ComparisonDesign } from './statistics/design.ts';
export {
  type QualificationReport,
  type QualifiedKernel,
  type QualifiedPatch,
  reportVersion,
} from './qualification-report.ts';
export type { RegressionReport, TestClass, TestComparison, TestTally } from './regression-report.ts';
export type { ResultFormat, RunFault, TestResult, TestRun, TestStatus } from './test-result.ts';
export { type Reason, type ReasonCode, type ReasonWeight, type Verdict, verdictOf } from './verdict.ts';
