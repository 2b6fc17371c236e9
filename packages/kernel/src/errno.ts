/**
 * Linux errno values, the same on every architecture this package runs on (include/uapi/asm-generic/errno-base.h and
 * errno.h). Node's own table lacks those above 125.
 */
export const errnoNumbers = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  ENOEXEC: 8,
  EBADF: 9,
  ECHILD: 10,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  EROFS: 30,
  ERANGE: 34,
  ENOSYS: 38,
  ELOOP: 40,
  ENODATA: 61,
  ETIME: 62,
  ENOPKG: 65,
  EBADMSG: 74,
  EOPNOTSUPP: 95,
  ETIMEDOUT: 110,
  ENOKEY: 126,
  EKEYEXPIRED: 127,
  EKEYREVOKED: 128,
  EKEYREJECTED: 129,
} as const;

/** An errno by name, of those that the module loader, sysfs and the kernel log give. */
export type ErrnoName = keyof typeof errnoNumbers;

const names = new Map<number, ErrnoName>(
  (Object.entries(errnoNumbers) as [ErrnoName, number][]).map(([name, number]) => [number, name]),
);

/** The number of a name. */
export function errnoNumber(name: ErrnoName): number {
  return errnoNumbers[name];
}

/** The name of a positive errno, or `errno N` for one that is not in the table. */
export function errnoName(number: number): string {
  return names.get(number) ?? `errno ${number}`;
}

/** The number of a name that {@link errnoOf} gave. */
export function numberOfErrno(name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  if (Object.hasOwn(errnoNumbers, name)) return errnoNumbers[name as ErrnoName];
  const match = /^errno (\d{1,4})$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/**
 * Reads the errno off whatever a loader or Node rejected with: `errno` as a number (Node's is negative) or a name, else
 * Node's `code`. Undefined where the value carries none.
 */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { errno, code } = error as { errno?: unknown; code?: unknown };
  if (typeof code === 'string' && Object.hasOwn(errnoNumbers, code)) return code;
  if (typeof errno === 'number' && Number.isInteger(errno) && errno !== 0) return errnoName(Math.abs(errno));
  if (typeof errno === 'string' && /^E[A-Z0-9]{1,20}$/.test(errno)) return errno;
  return typeof code === 'string' && /^E[A-Z0-9]{1,20}$/.test(code) ? code : undefined;
}

/**
 * What a {@link ModuleLoader} rejects with: an Error with `errno` (positive) and `code` (its name).
 *
 * @example
 * ```ts
 * import { errnoError } from '@klpkit/kernel';
 *
 * const refusal = errnoError(129, 'init_module');
 * console.log(refusal.code, refusal.errno); // EKEYREJECTED 129
 * ```
 */
export function errnoError(errno: number, syscall: string): Error & { errno: number; code: string } {
  const code = errnoName(errno);
  return Object.assign(new Error(`${syscall}: ${code} (${errno})`), { errno, code });
}
