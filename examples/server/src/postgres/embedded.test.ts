import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../testing/harness.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
/** Another user can run these sources only where every folder above lets him through: not in a clone below a home of mode 0700. */
const isOpen = await letsThrough(import.meta.dirname);
const log = pino({ level: 'silent' });
let folder: string;
let running: EmbeddedPostgres | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'klpkit-pg-'));
});
afterEach(async () => {
  await running?.close();
  running = undefined;
  await rm(folder, { recursive: true, force: true });
});

const start = async (): Promise<EmbeddedPostgres> => {
  running = await startEmbeddedPostgres(join(folder, 'postgres'), { password: 'test', uid: nobody, log });
  return running;
};

async function query(postgres: EmbeddedPostgres, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client(postgres.connection);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

describe('the embedded database', () => {
  it('listens on a socket that nobody else reaches, on no port, with a password', async () => {
    const postgres = await start();
    expect(await query(postgres, 'show listen_addresses')).toEqual([{ listen_addresses: '' }]);
    expect((await stat(String(postgres.connection.host))).mode & 0o777).toBe(0o700);
    const wrong = new Client({ ...postgres.connection, password: 'wrong' });
    await expect(wrong.connect()).rejects.toThrow('password authentication failed');
  });

  it.runIf(isRoot)('runs as an unprivileged user where the server is root, on programs it cannot change', async () => {
    const postgres = await start();
    const data = await stat(join(folder, 'postgres/data'));
    expect([data.uid, data.mode & 0o777]).toEqual([nobody, 0o700]);
    expect((await stat(`/proc/${postgres.pid()}`)).uid).toBe(nobody);
    expect((await stat(join(folder, 'programs'))).uid).toBe(0);
  });

  it.runIf(isRoot)('says what to do where that user cannot reach the folder', async () => {
    const home = join(folder, 'home');
    await mkdir(join(home, 'state'), { recursive: true });
    await chmod(home, 0o700);
    await expect(
      startEmbeddedPostgres(join(home, 'state/postgres'), { password: 'x', uid: nobody, log }),
    ).rejects.toMatchObject({
      code: 'STATE_DIR_UNUSABLE',
      message: expect.stringContaining(`may not enter ${home}.`),
    });
  });

  it('keeps its data', async () => {
    const first = await start();
    await query(first, 'create table kept as select 7 as seven');
    await first.close();
    expect(await query(await start(), 'select seven from kept')).toEqual([{ seven: 7 }]);
  });

  it('comes back after kill -9, with all that was committed', async () => {
    const postgres = await start();
    await query(postgres, 'create table kept as select 7 as seven');
    const killed = postgres.pid();
    process.kill(killed, 'SIGKILL');
    await until(() => postgres.pid() !== killed);
    expect(await query(postgres, 'select seven from kept')).toEqual([{ seven: 7 }]);
  });

  it('is not taken from a server that uses it', async () => {
    await start();
    await expect(
      startEmbeddedPostgres(join(folder, 'postgres'), { password: 'test', uid: nobody, log }),
    ).rejects.toMatchObject({ code: 'STATE_DIR_IN_USE' });
  });

  it('is taken over from a server that was killed, whose guard then ends', async () => {
    const left = await runChild(['orphan', join(folder, 'postgres')]);
    expect(left.signal).toBe('SIGKILL');
    const { database, guard } = processesOf(left.output);
    expect([isAlive(database), isAlive(guard)]).toEqual([true, true]);
    const postgres = await start();
    expect(postgres.pid()).not.toBe(database);
    expect(await query(postgres, 'select seven from kept')).toEqual([{ seven: 7 }]);
    await until(() => !isAlive(guard));
    expect(isAlive(postgres.pid())).toBe(true);
  });

  it('is stopped in good order by its guard where nobody takes it over from a server that was killed', async () => {
    const left = await runChild(['orphan', join(folder, 'postgres'), '1000']);
    const { database, guard } = processesOf(left.output);
    await until(() => !isAlive(database) && !isAlive(guard));
    // What a fast shutdown takes away and a kill leaves.
    await expect(stat(join(folder, 'postgres/data/postmaster.pid'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await query(await start(), 'select seven from kept')).toEqual([{ seven: 7 }]);
  });

  it('leaves no guard behind when it is stopped, nor after a crash', async () => {
    const postgres = await start();
    const [database, first] = [postgres.pid(), postgres.guardPid()];
    expect(isAlive(first)).toBe(true);
    process.kill(database, 'SIGKILL');
    await until(() => postgres.pid() !== database);
    const second = postgres.guardPid();
    expect(isAlive(second)).toBe(true);
    await until(() => !isAlive(first));
    await postgres.close();
    expect(isAlive(second)).toBe(false);
  });

  it('starts over a pid file whose number now belongs to something else', async () => {
    const first = await start();
    await first.close();
    const pidFile = join(folder, 'postgres/data/postmaster.pid');
    await writeFile(pidFile, `${process.pid}\n${join(folder, 'postgres/data')}\n1\n5432\n/nowhere\n\n`);
    if (isRoot) await chown(pidFile, nobody, nobody);
    expect(await query(await start(), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('says so when its password was lost, and leaves nothing running', async () => {
    await (await start()).close();
    await expect(
      startEmbeddedPostgres(join(folder, 'postgres'), { password: 'another', uid: nobody, log }),
    ).rejects.toMatchObject({ code: 'POSTGRES_FAILED', message: expect.stringContaining('password') });
    await start();
  });

  it('refuses data of another major version', async () => {
    await mkdir(join(folder, 'postgres/data'), { recursive: true });
    await writeFile(join(folder, 'postgres/data/PG_VERSION'), '9\n');
    await expect(start()).rejects.toMatchObject({
      code: 'POSTGRES_FAILED',
      message: expect.stringContaining('Dump it'),
    });
  });

  it.runIf(isRoot && isOpen)('runs as the user of a server that is not root', async () => {
    await chmod(folder, 0o755);
    const own = join(folder, 'nobody');
    await mkdir(own);
    await chown(own, nobody, nobody);
    const { output, code } = await runChild(['once', join(own, 'postgres')], { uid: nobody, gid: nobody });
    expect(output).toMatch(/pid \d+/);
    expect(code).toBe(0);
    expect((await stat(join(own, 'postgres/data'))).uid).toBe(nobody);
  });
});

async function letsThrough(path: string): Promise<boolean> {
  const othersMayEnter = 0o001;
  if (((await stat(path)).mode & othersMayEnter) === 0) return false;
  return path === dirname(path) || letsThrough(dirname(path));
}

function processesOf(output: string): { database: number; guard: number } {
  const [, database, guard] = /pid (\d+) guard (\d+)/.exec(output) ?? [];
  return { database: Number(database), guard: Number(guard) };
}

/** A process that has ended and that nobody has waited for yet has ended. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Runs this package's database in a process of its own: one that is killed, or one of another user. */
async function runChild(
  args: string[],
  user: { uid?: number; gid?: number } = {},
): Promise<{ output: string; code: number | null; signal: string | null }> {
  const script = fileURLToPath(new URL('../testing/embedded.child.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@klpkit/source', script, ...args], {
    ...user,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += String(chunk);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { output, code, signal };
}
