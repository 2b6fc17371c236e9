import { Command, CommanderError } from 'commander';
import { CliError, describeError } from './cli-error.ts';
import type { Action, Define, Session } from './command.ts';
import { commandsFor } from './command-list.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

function openSession(terminal: Terminal, json: boolean): Session {
  return {
    terminal,
    json,
    answer: (value, text) => terminal.out(json ? `${JSON.stringify(value)}\n` : `${text}\n`),
    note: (text) => {
      if (!json) terminal.err(`${text}\n`);
    },
  };
}

/** Says what went wrong: as JSON on standard output, or as a line on standard error. */
function reportFailure(terminal: Terminal, json: boolean, failure: { code: string; message: string }): void {
  if (json) terminal.out(`${JSON.stringify({ ok: false, ...failure })}\n`);
  else terminal.err(`klpkit: ${failure.message} [${failure.code}]\n`);
}

/** The exit code of what a command threw, after it was reported. */
function endFailed(terminal: Terminal, json: boolean, error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    // Help and version are not failures; commander has printed them.
    if (error.exitCode === 0) return exitCode.yes;
    const message = `${error.message.replace(/^error: /, '')}; see klpkit --help`;
    reportFailure(terminal, json, { code: 'USAGE', message });
    return exitCode.usage;
  }
  const known = describeError(error);
  if (known !== undefined) {
    reportFailure(terminal, json, known);
    return error instanceof CliError ? error.exit : exitCode.usage;
  }
  if (terminal.signal.aborted) {
    reportFailure(terminal, json, { code: 'ABORTED', message: 'stopped before the end' });
    return exitCode.usage;
  }
  reportFailure(terminal, json, { code: 'INTERNAL', message: 'this is a fault in klpkit, please report it' });
  terminal.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitCode.usage;
}

/**
 * Runs the command line once.
 *
 * @param argv arguments without the program's name
 * @returns the exit code: 0 yes, 1 no, 2 wrong use or unreadable input, 3 undecided
 *
 * @example
 * ```ts
 * import { processTerminal, run } from 'klpkit';
 *
 * process.exitCode = await run(['inspect', '--json', 'livepatch.ko'], processTerminal());
 * ```
 */
export async function run(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let ended: ExitCode = exitCode.usage;
  const json = argv.includes('--json');
  const program = new Command('klpkit')
    .description('Linux kernel livepatches: verify, sign, apply, watch, roll out')
    .exitOverride()
    // Wrong use is reported once, by endFailed.
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .showHelpAfterError(false);
  const define: Define = <Arguments extends readonly unknown[], Options extends object>(
    command: Command,
    action: Action<Arguments, Options>,
  ) => {
    command.option('--json', 'print JSON alone');
    command.action(async (...input: unknown[]) => {
      // commander hands over the arguments, the options and the command itself.
      ended = await action(openSession(terminal, json), ...(input.slice(0, -1) as [...Arguments, Options]));
    });
  };
  try {
    for (const add of await commandsFor(argv)) add(program, define);
    if (argv.length === 0) throw new CliError('USAGE', 'say which command; see klpkit --help');
    await program.parseAsync(argv, { from: 'user' });
    return ended;
  } catch (error) {
    return endFailed(terminal, json, error);
  }
}
