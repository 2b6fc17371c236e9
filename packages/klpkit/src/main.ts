#!/usr/bin/env node
import { run } from './run.ts';
import { processTerminal } from './terminal.ts';

// Not process.exit: what is still being written to a pipe would be cut off.
const code = await run(process.argv.slice(2), processTerminal());
process.exitCode ??= code; // set where the answer could not be written
