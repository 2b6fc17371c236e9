/**
 * The klpkit example server as a function: the demo and the tests run it in their own process.
 *
 * @packageDocumentation
 */
export type { Clock, GateSettings, RunningServer, ServerConfig, ServerLimits, TlsSettings } from './config.ts';
export { isServerError, ServerError, type ServerErrorCode } from './errors.ts';
export { type StartOptions, startServer } from './server.ts';
