/**
 * - `MALFORMED_BLOCKLIST`, `MALFORMED_DELTA`, `MALFORMED_LIFTS`: not that document.
 * - `UNSUPPORTED_SPEC`: a document of a later specification; the client has to be upgraded.
 * - `ROLLBACK`: older than what was seen before.
 * - `EQUIVOCATION`: the same version with other contents, or a version that does not follow from the one it claims to follow.
 * - `ENTRY_VANISHED`: an entry is gone or weaker, and nobody who may has lifted it.
 * - `UNTRUSTED_EPOCH`: another epoch than the root of trust names.
 * - `DELTA_MISMATCH`: the delta does not fit the list at hand, or its result is not what it promised: fetch the whole list.
 * - `OUT_OF_RANGE`: an argument outside its range, which the message names.
 */
export type BlocklistErrorCode =
  | 'MALFORMED_BLOCKLIST'
  | 'MALFORMED_DELTA'
  | 'MALFORMED_LIFTS'
  | 'UNSUPPORTED_SPEC'
  | 'ROLLBACK'
  | 'EQUIVOCATION'
  | 'ENTRY_VANISHED'
  | 'UNTRUSTED_EPOCH'
  | 'DELTA_MISMATCH'
  | 'OUT_OF_RANGE';

/**
 * The only error this package throws.
 *
 * @example
 * ```ts
 * import { isBlocklistError, parseBlocklist } from '@klpkit/blocklist';
 *
 * try {
 *   parseBlocklist({});
 * } catch (error) {
 *   if (!isBlocklistError(error, 'MALFORMED_BLOCKLIST')) throw error;
 * }
 * ```
 */
export class BlocklistError extends Error {
  override readonly name = 'BlocklistError';
  readonly code: BlocklistErrorCode;

  constructor(code: BlocklistErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(`[${code}] ${message}`, options);
    this.code = code;
  }
}

/**
 * Whether `error` is a `BlocklistError`, and of this code where one is given. Matches by shape, so that a second copy of the package is
 * recognised too.
 *
 * @example
 * ```ts
 * import { isBlocklistError } from '@klpkit/blocklist';
 *
 * const notOurs = isBlocklistError(new Error('something else')); // false
 * ```
 */
export function isBlocklistError<C extends BlocklistErrorCode>(
  error: unknown,
  code?: C,
): error is BlocklistError & { code: C } {
  if (!(error instanceof Error) || error.name !== 'BlocklistError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}
