import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { until } from './harness.ts';

const programs = '/usr/lib/postgresql/15/bin';

/** Why there is no PostgreSQL 15 here; `undefined` where there is one. */
export function postgres15Missing(): string | undefined {
  return existsSync(join(programs, 'postgres'))
    ? undefined
    : 'PostgreSQL 15 is not installed (Debian 12: apt-get install postgresql-15)';
}

/** A PostgreSQL of the distribution, on a socket in a folder of its own. */
export interface DebianPostgres {
  /** For DATABASE_URL. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts one that listens nowhere but on its socket. As root it runs as the user that the package made. */
export async function startDebianPostgres(): Promise<DebianPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'klpkit-pg15-'));
  const user = process.getuid?.() === 0 ? ownerOf('postgres') : undefined;
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const run = { ...user, cwd: folder, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } };
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'klpkit', '--auth=trust', '--encoding=UTF8'], {
    ...run,
    stdio: 'ignore',
  });
  const server = spawn(join(programs, 'postgres'), ['-D', data, '-k', folder, '-c', 'listen_addresses='], {
    ...run,
    stdio: 'ignore',
  });
  const url = `postgresql://klpkit@/postgres?host=${encodeURIComponent(folder)}`;
  await until(() => answers(url));
  return {
    url,
    close: async () => {
      const ended = once(server, 'exit');
      server.kill('SIGINT');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function ownerOf(name: string): { uid: number; gid: number } {
  const id = (flag: string): number => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
