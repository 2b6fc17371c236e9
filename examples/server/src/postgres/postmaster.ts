import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { Cluster } from './cluster.ts';
import { startGuard } from './guard.ts';

/** One run of the database's main process. */
export interface Postmaster {
  readonly pid: number;
  /** The process that stops it should this server be killed. */
  readonly guardPid: number;
  /** Settles when the process is gone, with a word on how it ended. */
  readonly ended: Promise<string>;
  isRunning(): boolean;
  /** Its last log lines that say why it would not start. */
  complaints(): readonly string[];
  /** Fast shutdown: rolls back what is open, writes a checkpoint. Settles when the process is gone. */
  stop(graceMs?: number): Promise<void>;
}

/** How long a fast shutdown may take before the immediate one, which is safe too but recovers at the next start. */
const shutdownGraceMs = 20_000;

/** Starts postgres on its socket; it listens on no TCP port. */
export function startPostmaster(cluster: Cluster, options: { log: Logger; orphanGraceMs: number }): Postmaster {
  const child = spawnPostgres(cluster);
  const guard = startGuard(child.pid ?? -1, {
    user: cluster.user,
    orphanGraceMs: options.orphanGraceMs,
    shutdownGraceMs,
  });
  const complaints: string[] = [];
  let isStopping = false;
  createInterface({ input: child.stderr }).on('line', (line) => {
    const isBad = /\b(?:FATAL|PANIC):/.test(line);
    if (isBad) complaints.push(line);
    if (complaints.length > 20) complaints.shift();
    options.log[isBad && !isStopping ? 'warn' : 'debug']({ postgres: line }, 'database log');
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  child.once('exit', () => void guard.release());
  const isRunning = (): boolean => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? -1,
    guardPid: guard.pid,
    ended,
    isRunning,
    complaints: () => complaints,
    stop: async (graceMs = shutdownGraceMs) => {
      if (!isRunning()) return;
      isStopping = true;
      child.kill('SIGINT');
      const force = setTimeout(() => child.kill('SIGQUIT'), graceMs);
      await once(child, 'exit').finally(() => clearTimeout(force));
      await guard.release();
    },
  };
}

/**
 * A backend frees all that a statement needed at its end. glibc would give it back to the kernel and ask for it again with the next one,
 * page by page: at hundreds of statements a second a tenth of what the server can do (mallopt(3)).
 */
const keepMemory = { MALLOC_TRIM_THRESHOLD_: String(64 * 1024 * 1024), MALLOC_TOP_PAD_: String(16 * 1024 * 1024) };

function spawnPostgres(cluster: Cluster): ChildProcessByStdio<null, null, Readable> {
  return spawn(cluster.binaries.postgres, postmasterArguments(cluster), {
    ...cluster.user,
    cwd: cluster.dataDir,
    // A session of its own: Ctrl-C in the terminal reaches this program alone, which then stops the database in its turn.
    detached: true,
    env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin', ...keepMemory },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

function postmasterArguments(cluster: Cluster): string[] {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: cluster.socketDir,
    unix_socket_permissions: '0700',
    max_connections: '40',
    // After a checkpoint each page is logged whole when it is first changed: fewer of them, and those pages smaller.
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    wal_compression: 'on',
    // The text of a failed statement would bring what machines sent into the log.
    log_min_error_statement: 'panic',
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
  return ['-D', cluster.dataDir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}
