import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signTestModule, type TempFolder, tempFolder, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { folderMirror, openRepository } from '@klpkit/repository';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runIn } from '../run-in.fixture.ts';

let temp: TempFolder;
beforeEach(async () => {
  temp = await tempFolder();
  const authority = testAuthority('rsa-2048');
  await writeFile(join(temp.path, 'cert.pem'), authority.certificate);
  await writeFile(
    join(temp.path, 'lp.ko'),
    await signTestModule(tinyModule({ name: 'lp', release: '6.1.0-56-amd64' }), authority),
  );
});
afterEach(() => temp[Symbol.asyncDispose]());

/** Runs the command line and gives the one thing that it answered. */
async function klpkit(...words: string[]): Promise<{ readonly exit: number; readonly json: Record<string, unknown> }> {
  const { exit, rows } = await runIn(temp.path, [...words, '--json']);
  expect(rows).toHaveLength(1);
  return { exit, json: rows[0] ?? {} };
}

const add = (key: string) =>
  klpkit(
    'repo',
    'add',
    'r',
    'lp.ko',
    '--keys',
    'k',
    '--cert',
    'cert.pem',
    '--release',
    key,
    '--fixes',
    'CVE-2024-1086',
  );

test('a release’s whole way: init, add, rollout, promote, pause, block, lift, refresh, show', async () => {
  expect(await klpkit('repo', 'init', 'r', '--keys', 'k')).toMatchObject({
    exit: 0,
    json: { ok: true, root: 'metadata/1.root.json', versions: { root: 1, timestamp: 1 } },
  });
  expect(await add('lp-1')).toMatchObject({
    exit: 0,
    json: { ok: true, release: { kernel: '6.1.0-56-amd64', fixes: ['CVE-2024-1086'] }, versions: { timestamp: 2 } },
  });
  const share = await klpkit(
    'repo',
    'rollout',
    'r',
    'lp-1',
    '--keys',
    'k',
    '--tier',
    'updates',
    '--percent',
    '12.345678',
  );
  expect(share.json).toMatchObject({
    ok: true,
    rollout: { paused: false, tiers: [{ tier: 'updates', microPercent: 12_345_678 }] },
  });
  expect((await klpkit('repo', 'promote', 'r', 'lp-1', '--keys', 'k', '--tier', 'stable')).json).toMatchObject({
    rollout: { tiers: [{ tier: 'updates' }, { tier: 'stable', microPercent: 100_000_000 }] },
  });
  expect((await klpkit('repo', 'rollout', 'r', 'lp-1', '--keys', 'k', '--pause')).json).toMatchObject({
    rollout: { paused: true },
  });
  expect(await klpkit('repo', 'promote', 'r', 'lp-1', '--keys', 'k')).toMatchObject({
    exit: 1,
    json: { ok: false, code: 'PAUSED' },
  });
  expect((await klpkit('repo', 'block', 'r', 'lp-1', '--keys', 'k', '--reason', 'panics-at-load')).json).toMatchObject({
    ok: true,
    entry: { action: 'no-apply' },
  });
  const shown = await klpkit('repo', 'show', 'r');
  expect(shown.json).toMatchObject({
    ok: true,
    releases: [{ key: 'lp-1' }],
    blocklist: { entries: [{ release: 'lp-1' }] },
  });
  expect((await klpkit('repo', 'lift', 'r', 'lp-1', '--keys', 'k', '--reason', 'false-alarm')).json).toMatchObject({
    ok: true,
    lifted: { release: 'lp-1' },
  });
  expect((await klpkit('repo', 'refresh', 'r', '--keys', 'k')).json).toMatchObject({ ok: true, due: [] });
  const machine = openRepository({
    folder: join(temp.path, 'machine'),
    trustedRoot: await readFile(join(temp.path, 'r/metadata/1.root.json')),
    mirrors: [folderMirror(join(temp.path, 'r'))],
  });
  const view = await machine.view({ kernel: '6.1.0-56-amd64', arch: 'x86_64' });
  expect(view).toMatchObject({ releases: [{ name: 'lp' }], rollouts: [{ paused: true }], blocklist: { entries: [] } });
});

describe('keys', () => {
  test('are made private, and one that others can read is refused', async () => {
    await klpkit('repo', 'init', 'r', '--keys', 'k');
    const file = join(temp.path, 'k/timestamp.pem');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await chmod(file, 0o644);
    expect(await klpkit('repo', 'refresh', 'r', '--keys', 'k')).toMatchObject({
      exit: 2,
      json: { ok: false, code: 'IO', detail: 'OPEN_KEY' },
    });
  });

  test('of a threshold must come together', async () => {
    await klpkit('repo', 'init', 'r', '--keys', 'k', '--threshold', 'releases=2');
    await mkdir(join(temp.path, 'away'));
    await rename(join(temp.path, 'k/releases-2.pem'), join(temp.path, 'away/releases-2.pem'));
    expect(await add('lp-1')).toMatchObject({ exit: 1, json: { ok: false, code: 'MISSING_KEYS' } });
    await rename(join(temp.path, 'away/releases-2.pem'), join(temp.path, 'k/releases-2.pem'));
    expect(await add('lp-1')).toMatchObject({ exit: 0, json: { ok: true } });
  });
});

describe('wrong use', () => {
  test.each([
    [['repo', 'init', 'r', '--keys', 'k', '--threshold', 'nobody=2'], 2, 'USAGE'],
    [['repo', 'rollout', 'r', 'lp-1', '--keys', 'k'], 2, 'USAGE'],
    [['repo', 'rollout', 'r', 'lp-1', '--keys', 'k', '--percent', '100.0000001'], 2, 'USAGE'],
    [['repo', 'rollout', 'r', 'lp-1', '--keys', 'k', '--percent', '101'], 2, 'USAGE'],
    [['repo', 'rollout', 'r', 'lp-1', '--keys', 'k', '--percent', '-1'], 2, 'USAGE'],
    [['repo', 'show', 'nothing'], 2, 'IO'],
    [['repo', 'add', 'r', 'gone.ko', '--keys', 'k', '--cert', 'cert.pem', '--release', 'lp-1'], 2, 'IO'],
  ] as const)('%j', async (words, exit, code) => {
    expect(await klpkit(...words)).toMatchObject({ exit, json: { ok: false, code } });
  });

  test('a release that is not published has no rollout, and one that is not blocked is not lifted', async () => {
    await klpkit('repo', 'init', 'r', '--keys', 'k');
    expect((await klpkit('repo', 'rollout', 'r', 'lp-1', '--keys', 'k', '--percent', '1')).json).toMatchObject({
      code: 'UNKNOWN_RELEASE',
    });
    expect((await klpkit('repo', 'lift', 'r', 'lp-1', '--keys', 'k', '--reason', 'x')).json).toMatchObject({
      code: 'NOT_BLOCKED',
    });
  });
});
