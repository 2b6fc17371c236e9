import { type ExitCode, exitCode } from './exit-code.ts';

/** Codes that the command line adds to those of the packages. */
export type CliErrorCode =
  | /** Wrong use: an option is missing or makes no sense. */ 'USAGE'
  | /** A file cannot be read or written. */ 'IO'
  | /** What a command answers by itself, such as `NOT_LIVEPATCH`. */ Uppercase<string>;

/** Ends a command with a code and a message. Everything else that a command throws is a fault of ours. */
export class CliError extends Error {
  readonly code: CliErrorCode;
  readonly exit: ExitCode;

  constructor(code: CliErrorCode, message: string, options: { exit?: ExitCode; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CliError';
    this.code = code;
    this.exit = options.exit ?? exitCode.usage;
  }
}

/** Errors of the packages have a code and a message that begins with it in brackets; which exit code it is depends on the command. */
export interface CodedError extends Error {
  readonly code: string;
}

/** Whether an error is one of the packages' own: a code in capitals, repeated at the start of the message. */
export function isCodedError(error: unknown): error is CodedError {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return error.message.startsWith(`[${error.code}] `);
}

/** What an `ok: false` says. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** The more exact code of a package, where `code` is one of the two that exit 2 knows. */
  readonly detail?: string;
}

/** An error as an answer: code and message, the message without the code. */
export function describeError(error: unknown): Failure | undefined {
  if (error instanceof CliError) return { code: error.code, message: error.message };
  if (isCodedError(error)) return { code: error.code, message: error.message.slice(error.code.length + 3) };
  return undefined;
}

/** Exit 2 has two codes, so that a script need not know the codes of every package; theirs goes along as `detail`. */
export function describeFor(exit: ExitCode, error: unknown): Failure | undefined {
  const known = describeError(error);
  if (known === undefined || exit !== exitCode.usage || known.code === 'USAGE' || known.code === 'IO') return known;
  return { code: known.code.startsWith('INVALID_') ? 'USAGE' : 'IO', message: known.message, detail: known.code };
}

/** The exit code of an error: its own, else what the command makes of a package's. */
export function exitOf(error: unknown, otherwise: ExitCode): ExitCode {
  return error instanceof CliError ? error.exit : otherwise;
}
