import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ServerError } from '../errors.ts';
import type { PostgresBinaries } from './binaries.ts';

const run = promisify(execFile);

/** Whom the database runs as. Absent: the user of this process. */
export interface UnixUser {
  readonly uid: number;
  readonly gid: number;
}

/** The folders of one embedded database. */
export interface Cluster {
  readonly binaries: PostgresBinaries;
  /** PostgreSQL's data folder. */
  readonly dataDir: string;
  /** Holds the socket; nobody else may enter. */
  readonly socketDir: string;
  readonly user: UnixUser | undefined;
}

/** The database's own superuser: there is one application, and no one else reaches the socket. */
export const databaseUser = 'klpkit';

/** Makes the data folder unless it is there. A crash in between leaves only a folder of another name, which the next start removes. */
export async function initCluster(
  cluster: Cluster,
  options: { password: string; signal?: AbortSignal },
): Promise<void> {
  const parent = join(cluster.dataDir, '..');
  const present = await readFile(join(cluster.dataDir, 'PG_VERSION'), 'utf8').catch(() => undefined);
  const major = cluster.binaries.version.split('.')[0];
  if (present !== undefined) {
    if (present.trim() === major) return;
    throw new ServerError(
      'POSTGRES_FAILED',
      `${cluster.dataDir} was made by PostgreSQL ${present.trim()}, the installed one is ${major}. Dump it with the old version and restore it with the new one, or install the old package again.`,
    );
  }
  for (const name of await readdir(parent))
    if (name.startsWith('init-')) await rm(join(parent, name), { recursive: true });
  const fresh = join(parent, `init-${process.pid}`);
  await makeOwned(fresh, cluster.user);
  await runInitdb(cluster, fresh, options);
  await rename(join(fresh, 'data'), cluster.dataDir);
  await rm(fresh, { recursive: true });
}

async function runInitdb(
  cluster: Cluster,
  folder: string,
  options: { password: string; signal?: AbortSignal },
): Promise<void> {
  const passwordFile = join(folder, 'password');
  await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (cluster.user !== undefined) await chown(passwordFile, cluster.user.uid, cluster.user.gid);
  const flags = [
    '--encoding=UTF8',
    '--locale=C',
    '--auth=scram-sha-256',
    '--no-instructions',
    `--username=${databaseUser}`,
  ];
  try {
    await run(cluster.binaries.initdb, [...flags, `--pwfile=${passwordFile}`, '-D', join(folder, 'data')], {
      ...cluster.user,
      cwd: folder,
      env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' },
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } catch (cause) {
    options.signal?.throwIfAborted();
    const stderr = (cause as { stderr?: string }).stderr ?? '';
    throw new ServerError(
      'POSTGRES_FAILED',
      `initdb could not make the database: ${lastLine(stderr) || String(cause)}. Look whether ${folder} is writable and has room, or set DATABASE_URL.`,
      { cause },
    );
  }
}

/** Makes a folder that only `user` may enter. */
export async function makeOwned(folder: string, user: UnixUser | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  await chmod(folder, 0o700);
}

/** A postmaster that an earlier run of this server left behind. */
export interface LeftBehind {
  readonly pid: number;
  readonly socketDir: string;
}

/**
 * Reads postmaster.pid. A process that lives under that number but is no postmaster of this folder (numbers are used again, in
 * containers almost always) makes the file stale: it is removed, because PostgreSQL itself would refuse to start.
 */
export async function findLeftBehind(cluster: Cluster): Promise<LeftBehind | undefined> {
  const pidFile = join(cluster.dataDir, 'postmaster.pid');
  const text = await readFile(pidFile, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (Number.isSafeInteger(pid) && pid > 0 && (await isPostmaster(pid, cluster.dataDir))) {
    return { pid, socketDir: lines[4]?.trim() || cluster.socketDir };
  }
  await rm(pidFile, { force: true });
  return undefined;
}

async function isPostmaster(pid: number, dataDir: string): Promise<boolean> {
  const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return (
    command.split('\0')[0]?.endsWith('postgres') === true && (cwd === dataDir || command.split('\0').includes(dataDir))
  );
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
