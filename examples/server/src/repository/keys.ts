import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  isRepositoryError,
  onlineRoles,
  type RepositoryRole,
  repositoryRoles,
  type RepositorySigner,
  signerFromPem,
} from '@klpkit/repository';
import { ServerError } from '../errors.ts';

/** The keys that lie on this server. */
export interface ServerKeys {
  readonly signers: readonly RepositorySigner[];
  /** Roles with a key here: the online ones, and offline ones where somebody decided so. */
  readonly roles: ReadonlySet<RepositoryRole>;
}

/**
 * Reads `ROLE.pem`, `ROLE-2.pem` … of a folder, as `klpkit repo init` makes them. The online roles must be there.
 *
 * @throws ServerError `CONFIG_INVALID` also where others could read a key.
 */
export async function readKeys(folder: string): Promise<ServerKeys> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw invalid(`the folder of keys ${folder} cannot be read`, cause);
  });
  const signers: RepositorySigner[] = [];
  const roles = new Set<RepositoryRole>();
  for (const name of names.toSorted()) {
    const role = repositoryRoles.find((one) => new RegExp(`^${one}(-\\d+)?\\.pem$`).test(name));
    if (role === undefined) continue;
    signers.push(await readKey(join(folder, name)));
    roles.add(role);
  }
  const missing = onlineRoles.filter((role) => !roles.has(role));
  if (missing.length > 0) throw invalid(`${folder} has no key of ${missing.join(', ')}`);
  return { signers, roles };
}

async function readKey(path: string): Promise<RepositorySigner> {
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) throw invalid(`${path} can be read by others; give it the mode 0600`);
  try {
    return signerFromPem(await readFile(path, 'utf8'));
  } catch (cause) {
    if (isRepositoryError(cause)) throw invalid(`${path} is no key of a repository`, cause);
    throw cause;
  }
}

function invalid(what: string, cause?: unknown): ServerError {
  return new ServerError(
    'CONFIG_INVALID',
    `repository: ${what}. Make a repository and its keys with "klpkit repo init", and leave the online ones here.`,
    { cause },
  );
}
