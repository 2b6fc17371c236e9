import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testAuthority } from '@klpkit-internal/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { send, until } from './testing/harness.ts';
import { Agent } from 'node:https';

let folder: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'klpkit-main-'));
  // As root the database runs as another user, who must get through to its folder.
  await chmod(folder, 0o755);
  await writeFile(join(folder, 'trust.pem'), testAuthority('p-256').certificate);
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<[code: number | null, signal: string | null]>;
}

function run(args: string[]): Run {
  const started = spawn(
    process.execPath,
    ['--conditions=@klpkit/source', fileURLToPath(new URL('./main.ts', import.meta.url)), ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  child = started;
  let [out, err] = ['', ''];
  started.stdout.on('data', (chunk: Buffer) => {
    out += String(chunk);
  });
  started.stderr.on('data', (chunk: Buffer) => {
    err += String(chunk);
  });
  return { child: started, out: () => out, err: () => err, ended: once(started, 'close') as Run['ended'] };
}

const serverArgs = (): string[] => [
  '--state-dir',
  join(folder, 'state'),
  '--trust',
  join(folder, 'trust.pem'),
  '--port',
  '0',
];
const postmaster = (): number =>
  Number(readFileSync(join(folder, 'state/postgres/data/postmaster.pid'), 'utf8').split('\n', 1)[0]);

describe('the program', () => {
  it('starts, tells the token and the authority once, and ends with its database when told to', async () => {
    const first = run(serverArgs());
    await until(() => first.out().includes('the server answers') && first.err().includes('END CERTIFICATE'));
    const token = /^ {2}(klp_\S+)$/m.exec(first.err())?.[1] ?? '';
    const ca = /-----BEGIN CERTIFICATE-----[^]*-----END CERTIFICATE-----/.exec(first.err())?.[0] ?? '';
    const url = /"url":"(https:[^"]+)"/.exec(first.out())?.[1] ?? '';
    expect(first.out()).not.toContain(token);
    const agent = new Agent({ ca });
    expect((await send(new URL('/v1/admin/releases', url), 'GET', { token, agent })).status).toBe(200);
    const database = postmaster();
    first.child.kill('SIGTERM');
    expect(await first.ended).toEqual([0, null]);
    expect(() => process.kill(database, 0)).toThrow('ESRCH');
    const second = run(serverArgs());
    await until(() => second.out().includes('the server answers'));
    expect(second.err()).toBe('');
  });

  it('starts again after kill -9 of itself, with the database that it left behind', async () => {
    const first = run(serverArgs());
    await until(() => first.out().includes('the server answers'));
    const left = postmaster();
    first.child.kill('SIGKILL');
    await first.ended;
    const second = run(serverArgs());
    await until(() => second.out().includes('the server answers'));
    expect(postmaster()).not.toBe(left);
    expect(second.out()).toContain('stopping the database of a server that was killed');
  });

  it.each([
    ['nothing at all', [], 64, 'stateDir'],
    ['an unknown flag', ['--prot', '1'], 64, '--help'],
    ['a file that is not there', ['--state-dir', '/tmp', '--trust', '/nowhere'], 64, '/nowhere'],
  ])('says what is wrong with %s, in one sentence', async (_what, args, code, words) => {
    const { ended, err } = run(args);
    expect(await ended).toEqual([code, null]);
    expect(err()).toContain(words);
    expect(err().trim().split('\n')).toHaveLength(1);
  });

  it('says when its state folder cannot be', async () => {
    const { ended, err } = run(['--state-dir', '/dev/null/state', '--trust', join(folder, 'trust.pem')]);
    expect((await ended)[0]).toBe(1);
    expect(err()).toMatch(/^\[STATE_DIR_UNUSABLE\] .*\.$/m);
  });

  it('lists its flags', async () => {
    const { ended, out } = run(['--help']);
    expect((await ended)[0]).toBe(0);
    expect(out()).toContain('KLPKIT_STATE_DIR');
  });
});
