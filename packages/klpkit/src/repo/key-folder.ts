import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  generateSigner,
  type RepositoryKeys,
  type RepositoryRole,
  repositoryRoles,
  type RepositorySigner,
  signerFromPem,
} from '@klpkit/repository';
import { CliError } from '../cli-error.ts';
import { ioError, pathFrom, readText } from '../files.ts';

/** A key of a folder and the role that its file name gives it: `releases.pem`, `releases-2.pem`. */
export interface FolderKey {
  readonly role: RepositoryRole;
  readonly signer: RepositorySigner;
}

const fileName = /^(?<role>[a-z]+)(?:-[0-9a-z]+)?\.pem$/;

/** The keys of a folder. Which roles they may sign for is the repository's to say, not the names'. */
export async function readKeys(folder: string, keys: string): Promise<readonly FolderKey[]> {
  const path = pathFrom(folder, keys);
  let names: string[];
  try {
    names = await readdir(path);
  } catch (error) {
    throw ioError(keys, error);
  }
  const found: FolderKey[] = [];
  for (const name of names.toSorted()) {
    const role = repositoryRoles.find((candidate) => candidate === fileName.exec(name)?.groups?.role);
    if (role === undefined) continue;
    await refuseOpenKey(join(path, name));
    found.push({ role, signer: signerFromPem(await readText(path, name)) });
  }
  return found;
}

// A private key that others can read is no longer private.
async function refuseOpenKey(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) throw new CliError('OPEN_KEY', `${file} can be read by others: chmod 600 it`);
}

/** Makes a key for every role that has none, and says which keys sign for what. */
export async function completeKeys(
  folder: string,
  keys: string,
  thresholds: Partial<Record<RepositoryRole, number>>,
): Promise<{
  readonly keys: RepositoryKeys;
  readonly signers: readonly RepositorySigner[];
  readonly made: readonly string[];
}> {
  const path = pathFrom(folder, keys);
  await mkdir(path, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
    throw ioError(keys, error);
  });
  const present = [...(await readKeys(folder, keys))];
  const made: string[] = [];
  for (const role of repositoryRoles) {
    const wanted = Math.max(1, thresholds[role] ?? 1);
    for (let n = present.filter((key) => key.role === role).length + 1; n <= wanted; n += 1) {
      const name = n === 1 ? `${role}.pem` : `${role}-${n}.pem`;
      const { signer, pem } = generateSigner();
      await writeKey(join(path, name), pem);
      present.push({ role, signer });
      made.push(name);
    }
  }
  const own = (role: RepositoryRole) => ({
    keys: present.filter((key) => key.role === role).map(({ signer }) => signer),
    threshold: thresholds[role] ?? 1,
  });
  const byRole = Object.fromEntries(repositoryRoles.map((role) => [role, own(role)])) as Record<
    RepositoryRole,
    ReturnType<typeof own>
  >;
  return { keys: byRole, signers: present.map(({ signer }) => signer), made };
}

async function writeKey(file: string, pem: string): Promise<void> {
  try {
    await writeFile(file, pem, { flag: 'wx', mode: 0o600 });
    await chmod(file, 0o600);
  } catch (error) {
    throw ioError(file, error);
  }
}

/** `releases=2` as it stands on the command line. */
export function parseThreshold(
  value: string,
  before: Partial<Record<RepositoryRole, number>> = {},
): Partial<Record<RepositoryRole, number>> {
  const [name, count] = value.split('=');
  const role = repositoryRoles.find((candidate) => candidate === name);
  if (role === undefined || count === undefined || !/^[1-9]$/.test(count)) {
    throw new CliError(
      'USAGE',
      `--threshold wants ROLE=N with N from 1 to 9, ROLE one of ${repositoryRoles.join(', ')}`,
    );
  }
  return { ...before, [role]: Number(count) };
}
