import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { errnoOf } from './errno.ts';
import { KernelError } from './error.ts';

/** What one sysfs attribute can hold: a page. The short files of procfs stay below it as well. */
const attributeMaxBytes = 4096;

// Reads are synchronous on purpose: these files are memory, a read costs microseconds, and the buffer is never seen by others.
const buffer = new Uint8Array(attributeMaxBytes);
const decoder = new TextDecoder();

/** A failed file operation as the package's error. */
export function fileError(
  error: unknown,
  path: string,
  action: 'read' | 'written' | 'listed' | 'removed',
): KernelError {
  const errno = errnoOf(error);
  const details = { errno, path, cause: error };
  if (errno === 'EPERM' || errno === 'EACCES') {
    return new KernelError(
      'PERMISSION_DENIED',
      `${path} may not be ${action}: run as root with CAP_SYS_ADMIN.`,
      details,
    );
  }
  const reason = errno === undefined ? '' : ` (${errno})`;
  return new KernelError(
    'IO',
    `${path} could not be ${action}${reason}: see the cause and check that it is mounted.`,
    details,
  );
}

/**
 * A small kernel file without its last newline; `undefined` where it does not exist. ENODEV is what kernfs gives for an
 * attribute that was removed between open and read; ESRCH is procfs's word for a task that is gone.
 */
export function readKernelFile(path: string): string | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    const bytes = readSync(descriptor, buffer, 0, attributeMaxBytes, 0);
    const text = decoder.decode(buffer.subarray(0, bytes));
    return text.endsWith('\n') ? text.slice(0, -1) : text;
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENODEV' || errno === 'ESRCH') return undefined;
    throw fileError(error, path, 'read');
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Like {@link readKernelFile}, for files whose absence or unreadability is an answer as well. */
export function readOptionalFile(path: string): string | undefined {
  try {
    return readKernelFile(path);
  } catch (error) {
    if (error instanceof KernelError && error.code === 'PERMISSION_DENIED') return undefined;
    throw error;
  }
}

/** A file that every Linux has. */
export function requireKernelFile(path: string): string {
  const text = readKernelFile(path);
  if (text === undefined) {
    throw new KernelError('IO', `${path} does not exist: check that sysfs and procfs are mounted there.`, { path });
  }
  return text;
}

/** Names in a folder; `undefined` where it does not exist. */
export function listKernelFolder(path: string): string[] | undefined {
  try {
    return readdirSync(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENODEV' || errno === 'ESRCH') return undefined;
    throw fileError(error, path, 'listed');
  }
}

/** Names of the folders in a folder; plain files among them are left out (`/sys/module/compression` is one). */
export function listSubfolders(path: string): string[] | undefined {
  const names = listKernelFolder(path);
  return names?.filter((name) => statSync(`${path}/${name}`, { throwIfNoEntry: false })?.isDirectory());
}

/** A file that holds `0` or `1` (or `N`, `Y`); `undefined` where it does not exist. */
export function readFlag(path: string): boolean | undefined {
  const text = readKernelFile(path);
  if (text === undefined) return undefined;
  if (text === '1' || text === 'Y') return true;
  if (text === '0' || text === 'N') return false;
  throw new KernelError(
    'UNEXPECTED_SYSFS_VALUE',
    `${path} holds ${JSON.stringify(text.slice(0, 40))} where 0 or 1 was expected: this kernel is not known to the package.`,
    { path },
  );
}
