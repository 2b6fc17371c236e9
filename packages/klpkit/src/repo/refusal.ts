import { isRepositoryError, type RepositoryErrorCode } from '@klpkit/repository';
import { CliError, describeError } from '../cli-error.ts';
import type { Define, Session } from '../command.ts';
import { exitCode } from '../exit-code.ts';

// What a repository answers with "no"; everything else is wrong use or a store that cannot be read.
const refusals: ReadonlySet<RepositoryErrorCode> = new Set([
  'ALREADY_A_REPOSITORY',
  'ALREADY_PUBLISHED',
  'LOCKED',
  'MISSING_KEYS',
  'REFUSED_BLOCKLIST',
  'REFUSED_RELEASE',
  'UNKNOWN_RELEASE',
]);

/** Defines commands whose refusals end with exit code 1. */
export function refusing(define: Define): Define {
  return (command, action) =>
    define(command, async (session, ...input: Tail<typeof action>) => {
      try {
        return await action(session, ...input);
      } catch (error) {
        throw asRefusal(error);
      }
    });
}

type Tail<A> = A extends (session: Session, ...input: infer Input) => unknown ? Input : never;

function asRefusal(error: unknown): unknown {
  if (!isRepositoryError(error) || !refusals.has(error.code)) return error;
  const message = describeError(error)?.message ?? error.message;
  return new CliError(error.code, message, { exit: exitCode.no, cause: error });
}
