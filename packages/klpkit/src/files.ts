import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
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

/** No input is larger: twice what `@klpkit/payload` takes for a module, so that it is the one to say that a module is too large. */
const maxInputBytes = 536_870_912;

/**
 * Reads a whole file or pipe; what does not work is an `IO` error that names the path as the user wrote it.
 *
 * @param maxBytes larger input is refused, before it is held in memory
 */
export async function readInput(
  folder: string,
  path: string,
  maxBytes: number = maxInputBytes,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const bytes = await readWithin(pathFrom(folder, path), maxBytes);
    if (bytes !== undefined) return bytes;
  } catch (error) {
    throw ioError(path, error);
  }
  throw new CliError('IO', `${path}: larger than ${maxBytes} bytes, which no such file is`);
}

async function readWithin(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const entry = await stat(path);
  if (entry.size > maxBytes) return undefined;
  // readFile may hand out a part of a shared pool; an array of its own can change hands without a copy.
  if (entry.isFile()) return new Uint8Array(await readFile(path));
  // A pipe or a device says no size, and need not have an end.
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** Reads a text file. */
export async function readText(folder: string, path: string): Promise<string> {
  return new TextDecoder().decode(await readInput(folder, path));
}

/** Writes a file so that it is there whole or not at all, also after a power cut; a pipe or a device is written to as it is. */
export async function writeOutput(folder: string, path: string, bytes: Uint8Array): Promise<void> {
  try {
    const target = await followLinks(pathFrom(folder, path));
    const entry = await stat(target).catch(() => undefined);
    // To rename a file over /dev/stdout or /dev/null would take it from the whole machine.
    if (entry === undefined || entry.isFile()) await replaceFile(target, bytes);
    else await writeFile(target, bytes);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw new CliError('IO', `${path}: there is no such folder`, { cause: error });
    throw ioError(path, error);
  }
}

async function followLinks(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}

async function replaceFile(target: string, bytes: Uint8Array): Promise<void> {
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
    throw error;
  }
}
