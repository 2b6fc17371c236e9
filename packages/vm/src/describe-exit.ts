import { constants } from 'node:os';
import type { ProgramExit } from './vm.ts';

/** A shell's exit codes of programs that a signal ended begin behind this. */
const signalBase = 128;

/**
 * How a program in the machine ended, in words for a message: `exit code 139 (SIGSEGV)`, `the kernel panicked: …`.
 *
 * @example
 * ```ts
 * import { describeExit, type Vm } from '@klpkit/vm';
 *
 * export async function mustSucceed(vm: Vm, command: readonly string[]): Promise<readonly string[]> {
 *   const exit = await vm.run(command);
 *   if (exit.kind === 'exited' && exit.exitCode === 0) return exit.lines;
 *   throw new Error(`${command.join(' ')}: ${describeExit(exit)}; it said:\n${exit.lines.slice(-20).join('\n')}`);
 * }
 * ```
 */
export function describeExit(exit: ProgramExit): string {
  if (exit.kind === 'panicked') return `the kernel panicked: ${exit.message}`;
  if (exit.kind === 'powered-off') return 'the machine went down without a panic';
  if (exit.kind === 'timed-out') return `its time was over after ${exit.afterMs} ms`;
  const signal = signalOf(exit.exitCode);
  return `exit code ${exit.exitCode}${signal === undefined ? '' : ` (${signal})`}`;
}

function signalOf(exitCode: number): string | undefined {
  return Object.entries(constants.signals).find(([, number]) => number === exitCode - signalBase)?.[0];
}
