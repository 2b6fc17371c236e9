/**
 * The pings of a livepatch client: closed schemas without any machine identity, the health schedule, redaction of kernel text.
 *
 * @packageDocumentation
 */
export { isPingError, PingError, type PingErrorCode, type PingIssue } from './error.ts';
export { pingLimits } from './limits.ts';
export { parsePing, parsePingBatch } from './parse-ping.ts';
export { errorPhases, pingJsonSchema, pingSchema } from './ping-schema.ts';
export type {
  AfterPing,
  BeforePing,
  CheckPing,
  ControlAfterPing,
  ControlBeforePing,
  ErrorPhase,
  ErrorPing,
  HealthPing,
  LeftPing,
  Ping,
  PingBase,
  PingIncident,
  TransitionPing,
} from './ping.ts';
export { pingLine, redactKernelText, type RedactOptions } from './redact.ts';
export { defaultHealthDelaysMs } from './schedule.ts';
