import { chmod, lstat, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ClientConfig } from 'pg';
import type { Logger } from 'pino';
import { ServerError } from '../errors.ts';
import { copyBinaries, packagedBinaries } from './binaries.ts';
import type { Cluster, UnixUser } from './cluster.ts';
import { databaseUser, initCluster, makeOwned } from './cluster.ts';
import { defaultOrphanGraceMs } from './guard.ts';
import { supervise, takeOver } from './supervisor.ts';

/** The embedded database while it runs. */
export interface EmbeddedPostgres {
  /** What `pg` connects with. */
  readonly connection: ClientConfig;
  /** The main process now; another one after a crash. */
  pid(): number;
  /** The process that stops it should this one be killed. */
  guardPid(): number;
  /** Stops it and frees the folder. */
  close(): Promise<void>;
}

/** What {@link startEmbeddedPostgres} works with. */
export interface EmbeddedOptions {
  /** Password of the database's only user. */
  readonly password: string;
  /** The uid to run as where this process is root. */
  readonly uid: number;
  /** How long it may outlive this process, if that is killed, before its guard stops it; 60 s by default, whole seconds. */
  readonly orphanGraceMs?: number;
  readonly log: Logger;
  readonly signal?: AbortSignal;
}

/** A socket's path must fit into sun_path with its end byte (unix(7)). */
const maxSocketPathBytes = 107;

/**
 * Starts the PostgreSQL that comes from npm on a socket in `folder`: makes its data at the first start, stops one that an
 * earlier run left behind, and starts it again whenever it dies. Should this process be killed, the database's guard stops it.
 */
export async function startEmbeddedPostgres(folder: string, options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const cluster = await prepare(folder, options.uid);
  const connection: ClientConfig = {
    host: cluster.socketDir,
    user: databaseUser,
    database: 'postgres',
    password: options.password,
  };
  await initCluster(cluster, options);
  await takeOver(cluster, { ...options, connection });
  const orphanGraceMs = options.orphanGraceMs ?? defaultOrphanGraceMs;
  const supervisor = await supervise(cluster, { ...options, orphanGraceMs, connection });
  return {
    connection,
    pid: () => supervisor.pid(),
    guardPid: () => supervisor.guardPid(),
    close: async () => {
      await supervisor.stop();
      if (dirname(cluster.socketDir) !== folder) await rm(cluster.socketDir, { recursive: true, force: true });
    },
  };
}

async function prepare(folder: string, uid: number): Promise<Cluster> {
  const user: UnixUser | undefined = process.getuid?.() === 0 ? { uid, gid: uid } : undefined;
  if (user?.uid === 0)
    throw new ServerError('CONFIG_INVALID', 'PostgreSQL refuses to run as root: set postgresUid to another user.');
  if (user !== undefined) await requireReachable(dirname(folder), user);
  await makeOwned(folder, user);
  const binaries =
    user === undefined ? await packagedBinaries() : await copyBinaries(join(dirname(folder), 'programs'));
  const wanted = join(folder, 'run');
  const fits = Buffer.byteLength(join(wanted, '.s.PGSQL.5432.lock')) <= maxSocketPathBytes;
  const socketDir = fits ? wanted : await mkdtemp(join(tmpdir(), 'klpkit-pg-'));
  await makeOwned(socketDir, user);
  return { binaries, dataDir: join(folder, 'data'), socketDir, user };
}

/** As root the data folder is another user's: each folder above must let that user through. */
async function requireReachable(folder: string, user: UnixUser): Promise<void> {
  await chmod(folder, (await lstat(folder)).mode | 0o111);
  for (let above = folder; ; above = dirname(above)) {
    const { mode, uid, gid } = await stat(above);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) {
      throw new ServerError(
        'STATE_DIR_UNUSABLE',
        `The database runs as uid ${user.uid}, which may not enter ${above}. Put stateDir where that user can reach it (as /var/lib/klpkit-server), start the server as another user than root, or set DATABASE_URL.`,
      );
    }
    if (dirname(above) === above) return;
  }
}
