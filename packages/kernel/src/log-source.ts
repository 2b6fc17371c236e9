import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { errnoOf } from './errno.ts';
import { KernelError } from './error.ts';

/** One look at the log: a record, nothing yet, or records lost since the last look. */
export type LogLook = { readonly record: string; readonly seq: number } | 'empty' | 'lost';

/** An open kernel log that never blocks. */
export interface LogSource {
  look(): LogLook;
  close(): void;
}

/** Above the largest extended record of any kernel (CONSOLE_EXT_LOG_MAX, 8192): a smaller buffer loses the record with EINVAL. */
const recordBufferBytes = 16_384;

/** Most a regular file is read ahead. */
const chunkBytes = 65_536;

/** Longest record of a regular file; a longer line is not a kernel log. */
const maxRecordChars = 65_536;

/** Opens the log device, or a file of the same form, without blocking. */
export function openLog(path: string): LogSource {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return fstatSync(descriptor).isFile() ? fileSource(descriptor, path) : deviceSource(descriptor, path);
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw logError(error, path);
  }
}

function logError(error: unknown, path: string): KernelError {
  if (error instanceof KernelError) return error;
  const errno = errnoOf(error);
  const details = { errno, path, cause: error };
  if (errno === 'EPERM' || errno === 'EACCES') {
    const next = 'give the process CAP_SYSLOG, set kernel.dmesg_restrict=0, or check that printk.devkmsg is not "off"';
    return new KernelError('PERMISSION_DENIED', `${path} may not be read: ${next}.`, details);
  }
  if (errno === 'ENOENT') {
    return new KernelError('NOT_SUPPORTED', `${path} does not exist: mount devtmpfs or name the device.`, details);
  }
  return new KernelError('IO', `${path} could not be read (${errno ?? 'no errno'}): see the cause.`, details);
}

/** Sequence number of a record: the second field, decimal. */
function sequenceOf(record: string, path: string): number {
  const match = /^\d{1,10},(\d{1,16}),/.exec(record);
  if (match?.[1] === undefined) {
    const text = JSON.stringify(record.slice(0, 40));
    throw new KernelError('UNEXPECTED_SYSFS_VALUE', `${path} gave ${text}, which is no kernel log record.`, { path });
  }
  return Number(match[1]);
}

/** /dev/kmsg: one read gives one record (Documentation/ABI/testing/dev-kmsg). */
function deviceSource(descriptor: number, path: string): LogSource {
  const buffer = Buffer.allocUnsafe(recordBufferBytes);
  const look = (): LogLook => {
    try {
      const bytes = readSync(descriptor, buffer, 0, recordBufferBytes, null);
      if (bytes === 0) return 'empty';
      const record = buffer.toString('latin1', 0, buffer[bytes - 1] === 0x0a ? bytes - 1 : bytes);
      return { record, seq: sequenceOf(record, path) };
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EAGAIN') return 'empty';
      // EPIPE: overwritten, the position moved on. EINVAL: one record larger than the buffer, which was skipped.
      if (errno === 'EPIPE' || errno === 'EINVAL') return 'lost';
      throw logError(error, path);
    }
  };
  return { look, close: () => closeSync(descriptor) };
}

/** A regular file of records, dictionary lines included, that may still grow. */
function fileSource(descriptor: number, path: string): LogSource {
  let pending = '';
  let offset = 0;
  const fill = (): boolean => {
    if (pending.length > maxRecordChars) {
      throw new KernelError('UNEXPECTED_SYSFS_VALUE', `${path} has a record of over ${maxRecordChars} characters.`, {
        path,
      });
    }
    const buffer = Buffer.allocUnsafe(chunkBytes);
    const bytes = readSync(descriptor, buffer, 0, chunkBytes, offset);
    offset += bytes;
    pending += buffer.toString('latin1', 0, bytes);
    return bytes > 0;
  };
  const look = (): LogLook => {
    try {
      for (;;) {
        const end = recordEnd(pending);
        if (end !== undefined && (end < pending.length || !fill())) return take(end);
        if (end === undefined && !fill()) return 'empty';
      }
    } catch (error) {
      throw logError(error, path);
    }
  };
  const take = (end: number): LogLook => {
    const record = pending.slice(0, end - 1);
    pending = pending.slice(end);
    return { record, seq: sequenceOf(record, path) };
  };
  return { look, close: () => closeSync(descriptor) };
}

/** Index behind the first whole record: its line and the dictionary lines, which begin with a blank. */
function recordEnd(text: string): number | undefined {
  let end = text.indexOf('\n') + 1;
  if (end === 0) return undefined;
  while (text[end] === ' ') {
    const next = text.indexOf('\n', end) + 1;
    if (next === 0) return undefined;
    end = next;
  }
  return end;
}
