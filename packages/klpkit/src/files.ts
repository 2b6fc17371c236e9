import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CliError } from './cli-error.ts';

const errnoOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the file system is read-only',
};

/** A failed file operation as the error that the user sees. */
export function ioError(path: string, cause: unknown): CliError {
  const errno = errnoOf(cause);
  return new CliError('IO', `${path}: ${(errno && reasons[errno]) ?? errno ?? 'cannot be used'}`, { cause });
}

/** A path as the user means it. */
export function pathFrom(folder: string, path: string): string {
  return resolve(folder, path);
}

/** Reads a whole file; what does not work is an `IO` error that names the path as the user wrote it. */
export async function readInput(folder: string, path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    // readFile may hand out a part of a shared pool; an array of its own can change hands without a copy.
    return new Uint8Array(await readFile(pathFrom(folder, path)));
  } catch (error) {
    throw ioError(path, error);
  }
}

/** Reads a text file. */
export async function readText(folder: string, path: string): Promise<string> {
  return new TextDecoder().decode(await readInput(folder, path));
}

/** Writes a file so that it is there whole or not at all, also after a power cut. */
export async function writeOutput(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  const target = pathFrom(folder, path);
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw ioError(path, error);
  }
}
