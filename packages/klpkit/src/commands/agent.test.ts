import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signTestModule, type TempFolder, tempFolder, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { createFakeKernel, type FakeKernel } from '@klpkit/kernel/testing';
import { createAgent, createFolderStore, defaultSchedule, fasterSchedule } from '@klpkit/agent';
import { parseTrust } from '@klpkit/payload';
import { folderMirror, openRepository } from '@klpkit/repository';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRepositorySource } from '../agent/repository-source.ts';
import { runIn } from '../run-in.fixture.ts';

let temp: TempFolder;
let kernel: FakeKernel;
const appId = 'f03daaeb1c334b43a732172944bf772e';

beforeEach(async () => {
  temp = await tempFolder();
  await mkdir(join(temp.path, 'kernel'));
  kernel = await createFakeKernel({ folder: join(temp.path, 'kernel') });
  const authority = testAuthority('rsa-2048');
  await writeFile(join(temp.path, 'cert.pem'), authority.certificate);
  await writeFile(join(temp.path, 'lp.ko'), await signTestModule(tinyModule({ name: 'lp' }), authority));
});
afterEach(async () => {
  await kernel.close();
  await temp[Symbol.asyncDispose]();
});

async function klpkit(...words: string[]): Promise<{ exit: number; lines: readonly Record<string, unknown>[] }> {
  const onKernel = { kernel: { root: kernel.root, loader: kernel.loader } };
  const { exit, rows } = await runIn(temp.path, [...words, '--json'], onKernel);
  return { exit, lines: rows };
}

describe('agent status', () => {
  test('of a machine without an agent: nothing is known, exit 3', async () => {
    const { exit, lines } = await klpkit('agent', 'status', '--state', 'state');
    expect(exit).toBe(3);
    expect(lines).toEqual([
      {
        state: 'idle',
        release: null,
        since: null,
        fixes: [],
        lastContact: null,
        unknown: ['agent', 'server', 'blocklist'],
        suspects: [],
        rebootNeeded: false,
      },
    ]);
  });

  test('of a journal that cannot be read: exit 1', async () => {
    await mkdir(join(temp.path, 'state'));
    await writeFile(join(temp.path, 'state/journal.json'), '{');
    expect(await klpkit('agent', 'status', '--state', 'state')).toMatchObject({
      exit: 1,
      lines: [{ ok: false, code: 'STATE_UNUSABLE' }],
    });
  });
});

describe('agent run', () => {
  const words = ['agent', 'run', '--once', '--server', 'https://127.0.0.1:9', '--tier', 'updates', '--app-id', appId];

  test('against a server that is away: says so, exit 1', async () => {
    const { exit, lines } = await klpkit(...words, '--cert', 'cert.pem', '--state', 'state');
    expect(exit).toBe(1);
    expect(lines.map(({ state }) => state)).toEqual(['idle', 'checking', 'refused']);
    expect(lines.at(-1)).toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });

  test.each([
    ['an address that is none', ['--server', 'http://x', '--tier', 'updates', '--app-id', appId], 'USAGE'],
    ['an app id that is none', ['--server', 'https://x', '--tier', 'updates', '--app-id', 'x'], 'USAGE'],
  ])('wrong use: %s', async (_, options, code) => {
    expect(await klpkit('agent', 'run', ...options, '--cert', 'cert.pem', '--state', 'state')).toMatchObject({
      exit: 2,
      lines: [{ ok: false, code }],
    });
  });
});

test('agent clear of a machine that has nothing to clear', async () => {
  expect(await klpkit('agent', 'clear', '--state', 'state')).toEqual({ exit: 0, lines: [{ ok: true, cleared: [] }] });
});

test('a signed repository is a source: its release is applied, and its block stops the put-back', async () => {
  const repo = async (...words: string[]) => {
    expect(await klpkit('repo', ...words, '--keys', 'k')).toMatchObject({ exit: 0 });
  };
  await repo('init', 'r');
  await repo('add', 'r', 'lp.ko', '--cert', 'cert.pem', '--release', 'lp-1', '--fixes', 'CVE-2026-0001');
  await repo('rollout', 'r', 'lp-1', '--tier', 'updates', '--percent', '100');
  const mirrors = [folderMirror(join(temp.path, 'r'))];
  const trustedRoot = await readFile(join(temp.path, 'r/metadata/1.root.json'));
  const agentOf = async () =>
    createAgent({
      identity: { machineId: '0102030405060708090a0b0c0d0e0f10', appId, tier: 'updates' },
      kernel: { root: kernel.root, loader: kernel.loader },
      trust: await parseTrust({ certificates: [testAuthority('rsa-2048').certificate] }),
      source: createRepositorySource({
        repository: openRepository({ folder: join(temp.path, 'read'), trustedRoot, mirrors }),
        kernel: { kernel: '6.1.0-56-amd64', arch: 'x86_64' },
        folder: join(temp.path, 'payloads'),
      }),
      reporter: { send: () => Promise.resolve() },
      store: createFolderStore(join(temp.path, 'state')),
      schedule: { ...fasterSchedule(defaultSchedule, 10_000), transitionDeadlineMs: 20_000, transitionPollMs: 20 },
    });
  const agent = await agentOf();
  expect(await agent.check()).toMatchObject({ kind: 'healthy', release: 'lp-1' });
  expect(await klpkit('agent', 'status', '--state', 'state')).toMatchObject({
    exit: 0,
    lines: [{ state: 'healthy', release: 'lp-1', fixes: ['CVE-2026-0001'], unknown: [] }],
  });
  await agent.shutdown();
  await kernel.reboot();
  await repo('block', 'r', 'lp-1', '--reason', 'panics-at-load');
  const restarted = await agentOf();
  expect(await restarted.start()).toMatchObject({ kind: 'blocked', reason: 'blocked' });
  expect(kernel.modules).toEqual([]);
  await repo('lift', 'r', 'lp-1', '--reason', 'false-alarm');
  expect(await restarted.check()).toMatchObject({ kind: 'healthy' });
});
