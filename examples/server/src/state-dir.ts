import { randomBytes } from 'node:crypto';
import { access, chmod, constants, mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ServerError } from './errors.ts';
import { writeAtomic } from './files/atomic.ts';

/** Where everything of one server lies. */
export interface StateDir {
  readonly secrets: string;
  readonly payloads: string;
  /** Of the embedded database. */
  readonly postgres: string;
}

/** Makes the state folder where it is absent. Its secrets are in a folder of their own that nobody else may enter. */
export async function openStateDir(folder: string): Promise<StateDir> {
  const root = resolve(folder);
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await access(root, constants.R_OK | constants.W_OK | constants.X_OK);
    await mkdir(join(root, 'secrets'), { recursive: true, mode: 0o700 });
    await chmod(join(root, 'secrets'), 0o700);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ServerError(
      'STATE_DIR_UNUSABLE',
      `The state folder ${root} cannot be used (${why}). Name one that this user may write to.`,
      { cause },
    );
  }
  return { secrets: join(root, 'secrets'), payloads: join(root, 'payloads'), postgres: join(root, 'postgres') };
}

/** The password of the embedded database, made at the first start. */
export async function databasePassword(secrets: string): Promise<string> {
  const path = join(secrets, 'database-password');
  const known = await readFile(path, 'utf8').catch(() => undefined);
  if (known !== undefined && known !== '') return known;
  const made = randomBytes(24).toString('base64url');
  await writeAtomic(path, made, { mode: 0o600 });
  return made;
}
