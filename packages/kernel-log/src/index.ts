/**
 * Kernel log in, incidents out, attributed to a livepatch.
 *
 * @packageDocumentation
 */
export type { LogFormat, LogRecord, ParseLogRecordOptions } from './log-record.ts';
export type { Attribution, Incident, IncidentKind, IncidentTask, ListedModule } from './incident.ts';
export type { LogRule } from './rule.ts';
export type { ScanOptions } from './scan.ts';
export { parseLogRecord } from './parse-log-record.ts';
export { scanKernelLog, scanKernelText } from './scan.ts';
