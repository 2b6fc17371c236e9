import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { CliError, describeFor, exitOf, type Failure } from './cli-error.ts';
import type { Action, Define, Session } from './command.ts';
import { commandNamed, commandsFor } from './command-list.ts';
import { type ExitCode, exitCode } from './exit-code.ts';
import { printable } from './printable.ts';
import type { Terminal } from './terminal.ts';

/** The words of a call that are read as options: behind `--` stand names of files alone. */
function optionWords(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

function openSession(terminal: Terminal, json: boolean): Session {
  return {
    terminal,
    json,
    answer: (value, text) => terminal.out(json ? `${JSON.stringify(value)}\n` : `${printable(text)}\n`),
    note: (text) => {
      if (!json) terminal.err(`${printable(text)}\n`);
    },
  };
}

/** Says what went wrong: as JSON on standard output, or as a line on standard error. */
function reportFailure(terminal: Terminal, json: boolean, failure: Failure): void {
  if (json) terminal.out(`${JSON.stringify({ ok: false, ...failure })}\n`);
  else terminal.err(`${printable(`klpkit: ${failure.message} [${failure.detail ?? failure.code}]`)}\n`);
}

/** What commander says of wrong use, with the help that tells more. */
function describeUsage(error: CommanderError, argv: readonly string[]): Failure {
  const command = commandNamed(argv);
  const help = ['klpkit', ...(command === undefined ? [] : [command]), '--help'].join(' ');
  const what =
    error.code === 'commander.help' ? 'say which command' : error.message.replace(/^error: /, '').replace(/\.$/, '');
  return { code: 'USAGE', message: `${what}; see ${help}` };
}

/** The exit code of what a command threw, after it was reported. */
function endFailed(terminal: Terminal, json: boolean, argv: readonly string[], error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    // Help and version are not failures; commander has printed them.
    if (error.exitCode === 0) return exitCode.yes;
    reportFailure(terminal, json, describeUsage(error, argv));
    return exitCode.usage;
  }
  const exit = exitOf(error, exitCode.usage);
  const known = describeFor(exit, error);
  if (known !== undefined) {
    reportFailure(terminal, json, known);
    return exit;
  }
  if (terminal.signal.aborted) {
    reportFailure(terminal, json, { code: 'ABORTED', message: 'stopped before the end' });
    return exitCode.usage;
  }
  reportFailure(terminal, json, { code: 'INTERNAL', message: 'this is a fault in klpkit, please report it' });
  terminal.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitCode.usage;
}

/** The package's own version; its package.json lies above `src` and above `dist`. */
function ownVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

function openProgram(terminal: Terminal): Command {
  return (
    new Command('klpkit')
      .description('Linux kernel livepatches: verify, sign, apply, watch, roll out')
      .version(ownVersion())
      .option('--json', 'print JSON alone')
      .exitOverride()
      // Wrong use is reported once, by endFailed.
      .configureOutput({
        writeOut: (text) => terminal.out(text),
        writeErr: () => undefined,
        outputError: () => undefined,
      })
      .showHelpAfterError(false)
  );
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
  const json = optionWords(argv).includes('--json');
  const program = openProgram(terminal);
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
    if (argv.every((word) => word === '--json')) throw new CliError('USAGE', 'say which command; see klpkit --help');
    await program.parseAsync(argv, { from: 'user' });
    return ended;
  } catch (error) {
    return endFailed(terminal, json, argv, error);
  }
}
