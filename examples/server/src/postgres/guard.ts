import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { UnixUser } from './cluster.ts';

/** How long a database may outlive its server before its guard stops it: time enough for another start to take it over. */
export const defaultOrphanGraceMs = 60_000;

/** Watches over one run of the database. */
export interface Guard {
  /** Its process. */
  readonly pid: number;
  /** Lets it go once the database is gone. */
  release(): Promise<void>;
}

/** What {@link startGuard} works with. */
export interface GuardOptions {
  /** Whom the database runs as; its guard needs no more rights. */
  readonly user: UnixUser | undefined;
  readonly orphanGraceMs: number;
  /** From the end of the grace on, as the server's own stop has it: fast shutdown, then the immediate one. */
  readonly shutdownGraceMs: number;
}

/**
 * A `kill -9` gives the server no moment to stop its database, and PostgreSQL does not end with whoever started it. So a shell of less than a
 * megabyte waits for the end of its input, which the kernel closes however the server ends; then, for a time, for another server that takes the
 * database over (which stops it); then it stops it itself. Whose number `$1` is it tells by the start time (proc(5), field 22), because numbers
 * are used again. initdb needs /bin/sh as well, so it is there.
 */
const script = `
started() {
  read -r line 2>/dev/null < "/proc/$pid/stat" || return 1
  set -- \${line##*)}
  [ "$1" != Z ] && echo "\${20}"
}
pid=$1 grace=$2 shutdown=$3
birth=$(started) || exit 0
outlives() {
  left=$1
  while [ "$(started)" = "$birth" ]; do
    [ "$left" -gt 0 ] || return 0
    left=$((left - 1))
    sleep 1
  done
  return 1
}
while read -r _; do :; done
outlives "$grace" || exit 0
kill -INT "$pid"
outlives "$shutdown" || exit 0
kill -QUIT "$pid"
`;

/** Starts the guard of a database that was just started; it ends with that database. */
export function startGuard(databasePid: number, options: GuardOptions): Guard {
  const seconds = (ms: number): string => String(Math.ceil(ms / 1000));
  const words = [databasePid, seconds(options.orphanGraceMs), seconds(options.shutdownGraceMs)].map(String);
  const child = spawn('/bin/sh', ['-c', script, 'klpkit-database-guard', ...words], {
    ...options.user,
    cwd: '/',
    // Ctrl-C in a terminal reaches the whole group of the server: the guard must not be in it.
    detached: true,
    env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  return { pid: child.pid ?? -1, release: () => release(child) };
}

async function release(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  await once(child, 'exit');
}
