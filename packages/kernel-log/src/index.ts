/**
 * Kernel log in, incidents out: one for each fault, attributed to a livepatch where the log shows that one had a part in it.
 * {@link scanKernelLog} takes records, {@link scanKernelText} takes text as it comes, {@link parseLogRecord} reads one record.
 *
 * @packageDocumentation
 */
export type { LogFormat, LogRecord, ParseLogRecordOptions } from './log-record.ts';
export type { Attribution, Evidence, Incident, IncidentKind, IncidentTask, ListedModule } from './incident.ts';
export type { LogRule } from './rule.ts';
export type { ScanOptions } from './scan.ts';
export type { KernelLogErrorCode } from './error.ts';
export { KernelLogError, isKernelLogError } from './error.ts';
export { parseLogRecord } from './parse-log-record.ts';
export { checkRules } from './rule-set.ts';
export { defaultRules, rulesVersion } from './rules/rules.ts';
export { defaultSettleMs, scanKernelLog, scanKernelText } from './scan.ts';
