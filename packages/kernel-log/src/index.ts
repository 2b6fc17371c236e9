/**
 * Kernel log in, incidents out, attributed to a livepatch.
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
