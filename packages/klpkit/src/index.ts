/**
 * The command line over the klpkit packages, callable from a program as well.
 *
 * @packageDocumentation
 */
export { type ExitCode, exitCode } from './exit-code.ts';
export { run } from './run.ts';
export { processTerminal, type Terminal } from './terminal.ts';
