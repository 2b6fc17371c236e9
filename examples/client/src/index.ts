/**
 * The agent as a program: a configuration file, log lines, exit codes. All the rest is `@klpkit/agent`.
 *
 * @packageDocumentation
 */
export { assemble, type Assembled } from './assemble.ts';
export { type ClientConfig, configSchema, parseConfig, readConfig } from './config.ts';
export { ConfigError, isConfigError } from './error.ts';
export { type ProgramOptions, runProgram } from './program.ts';
