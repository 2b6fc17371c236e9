import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpsMirror, openRepository } from '@klpkit/repository';
import { testAuthority } from '@klpkit-internal/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Harness, kernel, ping, startHarness, until } from './testing/harness.ts';
import { makeRepository, type TestRepository } from './testing/repository.ts';

/** A machine, as far as releases go. */
let root: string;
let harness: Harness;
let repository: TestRepository;
const authority = testAuthority('p-256');

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'klpkit-repository-'));
  repository = await makeRepository(root, authority);
  harness = await startHarness({
    trustCertificates: [authority.certificate],
    repository: { folder: repository.folder, keys: repository.keys, intervalMs: 200 },
    gate: { intervalMs: 50 },
    limits: { requestsPerMinute: null },
  });
});
afterAll(async () => {
  await harness.close();
  await rm(root, { recursive: true, force: true });
});

let machines = 0;
async function openMachine() {
  machines += 1;
  return openRepository({
    folder: join(root, `machine-${machines}`),
    trustedRoot: await readFile(join(root, 'tuf/metadata/1.root.json')),
    mirrors: [httpsMirror(`${harness.server.url}/repository`, { ca: harness.server.certificate })],
  });
}

const view = async (machine: Awaited<ReturnType<typeof openMachine>>) => machine.view({ kernel, arch: 'x86_64' });

describe('a signed repository', () => {
  it('has everything that the server does to a release that was signed offline', async () => {
    await repository.addOffline('good');
    await until(async () => (await harness.ask('GET', '/v1/rollouts/good-1')).status === 200);
    const machine = await openMachine();
    const first = await until(async () => {
      const seen = await view(machine);
      return seen.rollouts.length > 0 && seen;
    });
    expect(first.rollouts).toMatchObject([{ release: 'good-1', paused: false, tiers: [{ tier: 'internal' }] }]);
    const file = join(root, 'payload.ko');
    await machine.fetchPayload(first.releases[0]!, { file });
    expect((await readFile(file)).length).toBe(first.releases[0]!.size);

    const act = (body: object) => harness.ask('POST', '/v1/admin/rollouts/good-1/events', { body });
    await act({ type: 'promote', override: true, note: 'looked at it' });
    await until(async () => (await view(machine)).rollouts[0]?.tiers.length === 2);
    await act({ type: 'pause' });
    await until(async () => (await view(machine)).rollouts[0]?.paused === true);
    const { json } = await harness.ask('GET', '/v1/admin/audit?release=good-1');
    expect(json.rows.at(-1)).toMatchObject({ actor: 'repository', action: 'release-published' });
  });

  it('has what the gate did: a bad release is paused and blocked', async () => {
    await repository.addOffline('bad');
    await until(async () => (await harness.ask('GET', '/v1/rollouts/bad-1')).status === 200);
    const machine = await openMachine();
    const pings = Array.from({ length: 10 }, () => {
      const before = ping('before', { release: 'bad-1' });
      return [
        before,
        { ...ping('error', { release: 'bad-1', phase: 'health', code: 'KERNEL_FAULT' }), attemptId: before.attemptId },
      ];
    }).flat();
    expect((await harness.ask('POST', '/v1/pings', { body: { pings } })).json.accepted).toBe(20);
    const seen = await until(async () => {
      const now = await view(machine);
      const isPaused = now.rollouts.some(({ release, paused }) => release === 'bad-1' && paused);
      return isPaused && now.blocklist.entries.length > 0 && now;
    });
    expect(seen.blocklist.entries).toMatchObject([{ release: 'bad-1', reason: 'gate', action: 'no-apply' }]);
  });

  it('leaves what needs an offline key to a person, and says so', async () => {
    const { json: list } = await harness.ask('GET', '/v1/blocklist');
    const [entry] = list.entries;
    await harness.ask('POST', '/v1/admin/blocklist/lift', {
      body: { release: 'bad-1', sha256: entry?.sha256, reason: 'false-alarm' },
    });
    await harness.publish({ name: 'unsigned' });
    const waiting = await until(async () => {
      const { json } = await harness.ask('GET', '/v1/admin/repository');
      return json.waiting?.length === 2 && json.waiting;
    });
    expect(waiting).toEqual([
      { kind: 'add', release: 'unsigned-1' },
      { kind: 'lift', release: 'bad-1' },
    ]);
    const seen = await view(await openMachine());
    expect(seen.blocklist.entries).toHaveLength(1);
    expect(seen.releases.map(({ name }) => name)).not.toContain('unsigned');
  });

  it('is served as files to be kept, but for the timestamp', async () => {
    const fresh = await harness.ask('GET', '/repository/metadata/timestamp.json');
    expect(fresh.headers['cache-control']).toBe('no-cache');
    expect(
      (
        await harness.ask('GET', '/repository/metadata/timestamp.json', {
          headers: { 'if-none-match': String(fresh.headers.etag) },
        })
      ).status,
    ).toBe(304);
    const kept = await harness.ask('GET', '/repository/metadata/1.root.json', { headers: { range: 'bytes=0-9' } });
    expect(kept.status).toBe(206);
    expect(kept.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  it.each([
    '/repository/publisher.lock',
    '/repository/../keys/rollout.pem',
    '/repository/%2e%2e/keys/rollout.pem',
    '/repository/metadata/',
    '/repository/metadata/..%2f..%2fkeys%2frollout.pem',
    '/repository/metadata/..%2fput-here-by-a-person.txt',
    '/repository/payloads/..%2Fput-here-by-a-person.txt',
    '/repository/metadata/x/..%2f..%2fput-here-by-a-person.txt',
    '/repository/metadata/nothing.json',
  ])('serves nothing else: %s', async (path) => {
    await writeFile(join(root, 'tuf/put-here-by-a-person.txt'), 'private');
    const answer = await harness.ask('GET', path);
    expect([400, 403, 404]).toContain(answer.status);
    expect(answer.json).toMatchObject({ ok: false });
  });
});

describe('keys of a repository', () => {
  it('that others can read stop the start', async () => {
    await chmod(join(root, 'keys/timestamp.pem'), 0o644);
    const folder = { folder: join(root, 'tuf'), keys: join(root, 'keys') };
    await expect(startHarness({ repository: folder })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('0600'),
    });
    await chmod(join(root, 'keys/timestamp.pem'), 0o600);
  });
});
