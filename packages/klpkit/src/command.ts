import type { Command as Program } from 'commander';
import type { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** What a command has at hand while it runs. */
export interface Session {
  readonly terminal: Terminal;
  /** Whether `--json` was given: then nothing but {@link Session.answer} writes to standard output. */
  readonly json: boolean;
  /**
   * Gives an answer: the object as one line of JSON, or the text for a person. Several calls give several lines. Throw a `CliError`
   * for an answer that ends the command.
   */
  answer(json: object, text: string): void;
  /** A note for a person, on standard error; nothing with `--json`. */
  note(text: string): void;
}

/** The work of a command: its arguments and options, as commander parsed them, and the exit code it ends in. */
export type Action<Arguments extends readonly unknown[], Options extends object> = (
  session: Session,
  ...input: [...Arguments, Options]
) => Promise<ExitCode>;

/** Hands a command's work over to the frame, which adds `--json`, prints errors and keeps the exit code. */
export type Define = <Arguments extends readonly unknown[], Options extends object>(
  command: Program,
  action: Action<Arguments, Options>,
) => void;

/**
 * One command of the command line, a file in `commands/`: it makes its sub-command of `program` and calls `define` with what it
 * does. To add one, write the file and name it in `command-list.ts`.
 */
export type CommandFile = (program: Program, define: Define) => void;
