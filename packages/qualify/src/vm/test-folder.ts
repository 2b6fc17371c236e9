import { execFile } from 'node:child_process';
import { access, constants, open, readdir, readFile, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { RootEntry } from '@klpkit/vm';
import { QualifyError } from '../error.ts';

/** One test: a program that tells by its exit code how it ended (0 passed, 4 skipped), and by TAP if it likes. */
export interface TestProgram {
  /** As kselftest names it, `timers: posix_timers`; the file's name where there are no collections. */
  readonly name: string;
  /** Where it lies below the folder. */
  readonly folder: string;
  readonly file: string;
}

/** A folder of tests, and what a machine needs to run them. */
export interface TestFolder {
  readonly programs: readonly TestProgram[];
  readonly entries: readonly RootEntry[];
  /** Of all files, so that the machine gets memory for a copy. */
  readonly bytes: number;
}

/** Where the tests lie in the machine; read-only there, so they run in a copy. */
export const testsFolder = '/tests';

/** The list that `make install` of kselftest writes: `collection:program` in each line. */
const kselftestList = 'kselftest-list.txt';
/** What stands in a result line: nothing that could be read as one of TAP's own marks. */
const namePattern = /^[A-Za-z0-9_.+ -]{1,120}$/;
const maxPrograms = 2_000;

/**
 * Reads a folder of tests. Each executable file in it is one; helpers go into folders below. A folder that `make install` of
 * the kernel's selftests filled is run by its list.
 *
 * @throws QualifyError `TEST_BUILD_FAILED`
 */
export async function openTestFolder(folder: string): Promise<TestFolder> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new QualifyError('TEST_BUILD_FAILED', `${folder} cannot be read: name a folder of executable tests.`, {
      cause,
    });
  });
  const programs = names.includes(kselftestList) ? await listed(folder) : await executables(folder, names.toSorted());
  if (programs.length === 0)
    throw new QualifyError(
      'TEST_BUILD_FAILED',
      `${folder} has no executable file: make the tests executable (chmod +x).`,
    );
  if (programs.length > maxPrograms)
    throw new QualifyError('TEST_BUILD_FAILED', `${folder} has ${programs.length} tests; ${maxPrograms} are the most.`);
  const bad = programs.find(({ name }) => !name.split(': ').every((part) => namePattern.test(part)));
  if (bad !== undefined)
    throw new QualifyError(
      'TEST_BUILD_FAILED',
      `${JSON.stringify(bad.name)} is no name for a test: use letters, digits and _ . + -`,
    );
  const files = await filesOf(folder);
  const libraries = await librariesOf(files.map(({ path }) => path));
  const entries: RootEntry[] = [{ kind: 'copy', from: folder, to: testsFolder }, ...libraries];
  return { programs, entries, bytes: files.reduce((sum, { size }) => sum + size, 0) };
}

async function listed(folder: string): Promise<TestProgram[]> {
  const text = await readFile(join(folder, kselftestList), 'utf8');
  return text.split('\n').flatMap((line) => {
    const [, collection = '', file = ''] = /^([\w./-]+):([\w./-]+)$/.exec(line.trim()) ?? [];
    return file === '' ? [] : [{ name: `${collection.replaceAll('/', '.')}: ${file}`, folder: collection, file }];
  });
}

async function executables(folder: string, names: readonly string[]): Promise<TestProgram[]> {
  const found: TestProgram[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if (!(await stat(path)).isFile()) continue;
    const isProgram = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isProgram) found.push({ name, folder: '.', file: name });
  }
  return found;
}

async function filesOf(folder: string): Promise<{ path: string; size: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.map(async (path) => ({ path, size: (await stat(path)).size })));
}

/** The shell that scripts ask for, and the libraries of it and of all programs: the machine's own disk has busybox and Node alone. */
async function librariesOf(files: readonly string[]): Promise<RootEntry[]> {
  const bash = await findBash();
  const entries = new Map<string, RootEntry>();
  if (bash !== undefined) entries.set('/bin/bash', { kind: 'copy', from: bash, to: '/bin/bash' });
  for (const file of [...files, ...(bash === undefined ? [] : [bash])]) {
    if (!(await isElf(file))) continue;
    const { stdout } = await promisify(execFile)('ldd', [file]).catch(() => ({ stdout: '' })); // static, or for another machine
    for (const library of stdout.match(/\/\S+(?=\s\(0x)/g) ?? [])
      entries.set(library, { kind: 'copy', from: library, to: library });
  }
  return [...entries.values()];
}

async function findBash(): Promise<string | undefined> {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/bin', '/usr/bin']) {
    const path = join(folder, 'bash');
    if (folder !== '' && (await stat(path).catch(() => undefined))?.isFile() === true) return path;
  }
  return undefined;
}

async function isElf(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return bytesRead === 4 && buffer.readUInt32BE(0) === 0x7f454c46;
  } finally {
    await file.close();
  }
}
