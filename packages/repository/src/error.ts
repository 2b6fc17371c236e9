/**
 * What can go wrong when a repository is published or read.
 *
 * Publishing:
 * - `ALREADY_A_REPOSITORY`: the store holds one already.
 * - `NOT_A_REPOSITORY`: the store holds none.
 * - `MISSING_KEYS`: fewer keys at hand than the role's threshold.
 * - `BAD_KEY`: a key is no Ed25519 key, or a role is given too few keys for its threshold.
 * - `LOCKED`: another publisher is at work, or died at work.
 * - `REFUSED_RELEASE`: the release is one that our own client would refuse.
 * - `ALREADY_PUBLISHED`: another release or payload has this key or name already.
 * - `UNKNOWN_RELEASE`: no such release is published.
 * - `REFUSED_BLOCKLIST`: the change would let an entry vanish or a version fall.
 *
 * Reading:
 * - `UNREACHABLE`: no mirror answered.
 * - `TOO_SLOW`: a mirror sent less than it must.
 * - `TOO_LARGE`: a file is longer than it may be or than was signed.
 * - `MALFORMED`: a file that is correctly signed is not the document it should be.
 * - `UNTRUSTED`: signatures, versions or digests do not hold: rollback, mix-and-match, forgery.
 * - `EXPIRED`: the newest metadata to be had has expired: a frozen or forgotten repository.
 * - `DIGEST_MISMATCH`: a payload's bytes are not the ones of its release.
 *
 * Both:
 * - `IO`: a file or a store cannot be read or written.
 */
export type RepositoryErrorCode =
  | 'ALREADY_A_REPOSITORY'
  | 'NOT_A_REPOSITORY'
  | 'MISSING_KEYS'
  | 'BAD_KEY'
  | 'LOCKED'
  | 'REFUSED_RELEASE'
  | 'ALREADY_PUBLISHED'
  | 'UNKNOWN_RELEASE'
  | 'REFUSED_BLOCKLIST'
  | 'UNREACHABLE'
  | 'TOO_SLOW'
  | 'TOO_LARGE'
  | 'MALFORMED'
  | 'UNTRUSTED'
  | 'EXPIRED'
  | 'DIGEST_MISMATCH'
  | 'IO';

/**
 * The only error this package throws.
 *
 * @example
 * ```ts
 * import { isRepositoryError, openPublisher, createFolderStore } from '@klpkit/repository';
 *
 * try {
 *   await openPublisher(createFolderStore('/srv/klp'), { signers: [] });
 * } catch (error) {
 *   if (!isRepositoryError(error, 'NOT_A_REPOSITORY')) throw error;
 * }
 * ```
 */
export class RepositoryError extends Error {
  override readonly name = 'RepositoryError';
  readonly code: RepositoryErrorCode;
  /** The file, path or role that it is about, where there is one. */
  readonly subject: string | null;

  constructor(code: RepositoryErrorCode, message: string, options: { subject?: string; cause?: unknown } = {}) {
    super(`[${code}] ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.subject = options.subject ?? null;
  }
}

/**
 * Whether `error` is a `RepositoryError`, and of this code where one is given. Matches by shape, so that a second copy of the package
 * is recognised too.
 *
 * @example
 * ```ts
 * import { isRepositoryError } from '@klpkit/repository';
 *
 * const notOurs = isRepositoryError(new Error('something else')); // false
 * ```
 */
export function isRepositoryError<C extends RepositoryErrorCode>(
  error: unknown,
  code?: C,
): error is RepositoryError & { code: C } {
  if (!(error instanceof Error) || error.name !== 'RepositoryError' || !('code' in error)) return false;
  return code === undefined || error.code === code;
}
