import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signTestModule, type TempFolder, tempFolder, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { releaseKey } from '@klpkit/release';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  addRelease,
  type AddReleaseOptions,
  announceEndOfLife,
  blockRelease,
  changeRollout,
  createFolderStore,
  createRepository,
  type EvidenceSubject,
  liftRelease,
  onlineRoles,
  openPublisher,
  refresh,
  renew,
  setPublishPolicy,
  setRollout,
} from './index.ts';
import { type Fixture, kernel, makeFixture, oneKeyEach } from './repository.fixture.ts';

let temp: TempFolder;
let fixture: Fixture;
beforeEach(async () => {
  temp = await tempFolder();
  fixture = await makeFixture(temp);
});
afterEach(() => temp[Symbol.asyncDispose]());

const init = (version: string) => ({ name: 'lp', version, fixes: ['CVE-2024-1086'], endOfLife: null, evidence: null });
const offline = ['releases', 'snapshot', 'timestamp'] as const;

async function ship(version: string, release?: string) {
  const payload = await fixture.module(`lp_${version}`, release);
  const { release: document } = await addRelease(await fixture.publisher(offline), payload, init(version), {
    trust: fixture.trust,
  });
  return { payload, release: document, key: releaseKey(document) };
}

describe('a new repository', () => {
  test('shows a kernel without releases as nothing, with an empty blocklist', async () => {
    const view = await fixture.machine().view(kernel);
    expect(view).toMatchObject({ releases: [], rollouts: [], endOfLife: null, blocklistFault: null });
    expect(view.blocklist).toMatchObject({ version: 1, entries: [] });
  });

  test('is looked at by many at once on one machine, a failed look among them', async () => {
    const machine = fixture.machine();
    const aborted = machine.view(kernel, { signal: AbortSignal.abort(new Error('never mind')) });
    const views = await Promise.all(Array.from({ length: 20 }, () => machine.view(kernel)));
    await expect(aborted).rejects.toThrow('never mind');
    for (const view of views) expect(view).toEqual(views[0]);
  });

  test('is not made twice in one place', async () => {
    const { keys, signers } = oneKeyEach();
    const again = createRepository(createFolderStore(fixture.folder), { keys, signers: Object.values(signers) });
    await expect(again).rejects.toMatchObject({ code: 'ALREADY_A_REPOSITORY' });
  });

  test('refuses a threshold that its keys cannot meet, and a key that is counted twice', async () => {
    const { keys, signers } = oneKeyEach();
    const store = createFolderStore(join(temp.path, 'other'));
    for (const releases of [
      { keys: keys.releases.keys, threshold: 2 },
      { keys: [signers.releases, signers.releases], threshold: 2 },
    ]) {
      const made = createRepository(store, { keys: { ...keys, releases }, signers: Object.values(signers) });
      await expect(made).rejects.toMatchObject({ code: 'BAD_KEY', subject: 'releases' });
    }
    expect(existsSync(join(temp.path, 'other/metadata'))).toBe(false);
  });

  test('is not taken for one where there is none', async () => {
    const opened = openPublisher(createFolderStore(join(temp.path, 'nothing')), { signers: [] });
    await expect(opened).rejects.toMatchObject({ code: 'NOT_A_REPOSITORY' });
  });
});

describe('a release', () => {
  test('goes from the publisher to a verified file on a machine', async () => {
    const { payload, release } = await ship('1');
    const machine = fixture.machine();
    const view = await machine.view(kernel);
    expect(view.releases).toEqual([release]);
    expect(release).toMatchObject({ ...kernel, size: payload.length });
    const file = join(temp.path, 'got/module.ko');
    await machine.fetchPayload(release, { file });
    expect(new Uint8Array(await readFile(file))).toEqual(new Uint8Array(payload));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(temp.path, 'got'))).toEqual(['module.ko']);
  });

  test('is seen on its own kernel only', async () => {
    await ship('1', '6.12.117+deb12-cloud-amd64');
    expect((await fixture.machine().view(kernel)).releases).toEqual([]);
    const there = await fixture.machine().view({ kernel: '6.12.117+deb12-cloud-amd64', arch: 'x86_64' });
    expect(there.releases).toHaveLength(1);
  });

  test('is refused when machines would refuse it: unsigned, tampered, no livepatch, without demanded evidence', async () => {
    const publisher = await fixture.publisher();
    const good = await fixture.module('lp_1');
    const tampered = Uint8Array.from(good);
    tampered[200] = (tampered[200] ?? 0) ^ 1;
    const before = await readdir(fixture.folder, { recursive: true });
    const plain = await signTestModule(
      tinyModule({ name: 'plain', release: kernel.kernel, livepatch: false }),
      testAuthority('rsa-2048'),
    );
    const attempt = (payload: Uint8Array, options: { requireEvidence?: boolean } = {}) =>
      addRelease(publisher, payload, init('1'), { trust: fixture.trust, ...options });
    await expect(attempt(good.subarray(0, 400))).rejects.toMatchObject({ code: 'REFUSED_RELEASE' });
    await expect(attempt(tampered)).rejects.toMatchObject({ code: 'REFUSED_RELEASE' });
    await expect(attempt(plain)).rejects.toThrow(/plain is not a livepatch/);
    await expect(attempt(good, { requireEvidence: true })).rejects.toMatchObject({ code: 'REFUSED_RELEASE' });
    expect(await readdir(fixture.folder, { recursive: true })).toEqual(before);
  });

  test('needs evidence that holds where the policy demands it, and the policy needs the offline key', async () => {
    const good = await fixture.module('lp_1');
    const sha256 = createHash('sha256').update(good).digest('hex');
    const bytes = new TextEncoder().encode('evidence');
    const digest = createHash('sha256').update(bytes).digest('hex');
    const subjects: EvidenceSubject[] = [];
    const evidence = { bytes, check: (_: Uint8Array, subject: EvidenceSubject) => void subjects.push(subject) };
    const add = async (more: Partial<AddReleaseOptions>, told: string | null = null) =>
      addRelease(
        await fixture.publisher(offline),
        good,
        { ...init('1'), evidence: told },
        { trust: fixture.trust, ...more },
      );
    const policy = { requireEvidence: true, evidenceKeys: ['a key'] };
    const online = setPublishPolicy(await fixture.publisher(offline), policy);
    await expect(online).rejects.toMatchObject({ code: 'MISSING_KEYS' });
    await setPublishPolicy(await fixture.publisher(), policy);
    await expect(add({})).rejects.toThrow(/has no evidence/);
    await expect(add({}, digest)).rejects.toThrow(/only a digest was given/);
    await expect(add({ evidence }, 'ab'.repeat(32))).rejects.toThrow(/another digest/);
    const check = () => {
      throw new Error('it is a forgery');
    };
    await expect(add({ evidence: { bytes, check } })).rejects.toThrow(/it is a forgery/);
    const { release } = await add({ evidence });
    expect(release.evidence).toBe(digest);
    expect(subjects).toMatchObject([{ sha256, kernel: kernel.kernel, arch: 'x86_64', keys: ['a key'] }]);
    expect((await fixture.machine().view(kernel)).releases).toEqual([release]);
  });

  test('is not replaced under the same key, not even for another kernel', async () => {
    await ship('1');
    await expect(ship('1')).rejects.toMatchObject({ code: 'ALREADY_PUBLISHED' });
    await expect(ship('1', '6.1.0-57-amd64')).rejects.toMatchObject({ code: 'ALREADY_PUBLISHED' });
  });

  test('needs the offline key: without it nothing is written', async () => {
    const before = await readdir(fixture.folder, { recursive: true });
    const online = await fixture.publisher(onlineRoles);
    const added = addRelease(online, await fixture.module('lp_1'), init('1'), { trust: fixture.trust });
    await expect(added).rejects.toMatchObject({ code: 'MISSING_KEYS' });
    expect(await readdir(fixture.folder, { recursive: true })).toEqual(before);
  });

  test('download goes on where an earlier attempt stopped', async () => {
    const { payload, release } = await ship('1');
    const file = join(temp.path, 'module.ko');
    await writeFile(`${file}.part`, payload.subarray(0, 100));
    await fixture.machine().fetchPayload(release, { file });
    expect(new Uint8Array(await readFile(file))).toEqual(new Uint8Array(payload));
  });
});

test('end of life is announced for a kernel that never had a patch', async () => {
  const notice = { type: 'end-of-life', ...kernel, endOfLife: 1_725_000_000_000, upgradeTo: '6.1.0-57-amd64' } as const;
  await announceEndOfLife(await fixture.publisher(offline), notice);
  expect(await fixture.machine().view(kernel)).toMatchObject({ releases: [], endOfLife: notice });
});

describe('a rollout', () => {
  test('is published with online keys alone, and changed in one act', async () => {
    const { key } = await ship('1');
    const publisher = await fixture.publisher(onlineRoles);
    await setRollout(publisher, {
      release: key,
      paused: false,
      tiers: [{ tier: 'updates', microPercent: 10_000_000 }],
    });
    await changeRollout(publisher, key, (current) => ({ ...(current ?? { release: key, tiers: [] }), paused: true }));
    const { rollouts } = await fixture.machine().view(kernel);
    expect(rollouts).toEqual([{ release: key, paused: true, tiers: [{ tier: 'updates', microPercent: 10_000_000 }] }]);
  });

  test('of an unknown release is refused', async () => {
    const set = setRollout(await fixture.publisher(), { release: 'lp-9', paused: false, tiers: [] });
    await expect(set).rejects.toMatchObject({ code: 'UNKNOWN_RELEASE', subject: 'lp-9' });
  });
});

describe('the blocklist', () => {
  const entry = (since: number) =>
    ({ release: 'lp-1', sha256: null, kernels: '*', action: 'no-apply', reason: 'panics-at-load', since }) as const;

  test('blocks with online keys and lifts only with the offline one', async () => {
    const since = Date.now();
    const machine = fixture.machine('m');
    await blockRelease(await fixture.publisher(onlineRoles), entry(since));
    expect((await machine.view(kernel)).blocklist.entries).toEqual([entry(since)]);
    const lifted = { release: 'lp-1', sha256: null, since, at: since + 1, reason: 'false-alarm' };
    await expect(liftRelease(await fixture.publisher(onlineRoles), lifted)).rejects.toMatchObject({
      code: 'MISSING_KEYS',
    });
    await liftRelease(await fixture.publisher(['lifted', ...onlineRoles]), lifted);
    const view = await machine.view(kernel);
    expect(view.blocklist.entries).toEqual([]);
    expect(view.blocklistFault).toBeNull();
  });
});

describe('keeping alive', () => {
  test('refresh needs online keys only, and renews the blocklist without a new version', async () => {
    const before = await fixture.machine('m').view(kernel);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { due } = await refresh(await fixture.publisher(onlineRoles));
    const after = await fixture.machine('m').view(kernel);
    expect(due).toEqual([]);
    expect(after.blocklist.version).toBe(before.blocklist.version);
    expect(after.blocklist.issued).toBeGreaterThan(before.blocklist.issued);
  });

  test('says in time which offline keys must come, and renew uses them', async () => {
    const later = Date.now() + 300 * 86_400_000;
    const { due } = await refresh(await fixture.publisher(onlineRoles, later));
    expect(due.map(({ role }) => role)).toEqual(['root', 'targets', 'releases', 'lifted']);
    await renew(await fixture.publisher(undefined, later), ['targets', 'releases', 'lifted']);
    const after = await refresh(await fixture.publisher(onlineRoles, later));
    expect(after.due.map(({ role }) => role)).toEqual(['root']);
  });
});

test('one publisher at a time: the second is told who is at work, and the first one is not disturbed', async () => {
  const store = createFolderStore(fixture.folder);
  const lock = await store.lock();
  await expect(refresh(await fixture.publisher())).rejects.toMatchObject({ code: 'LOCKED' });
  await lock.release();
  await expect(refresh(await fixture.publisher())).resolves.toBeDefined();
});

test('a reader that starts at any moment of an act sees the old state or the new one', async () => {
  const { release } = await ship('1');
  const seen: number[] = [];
  const writing = new AbortController();
  const reading = (async () => {
    while (!writing.signal.aborted) seen.push((await fixture.machine().view(kernel)).releases.length);
  })();
  await ship('2');
  await ship('3');
  writing.abort();
  await reading;
  expect(seen.length).toBeGreaterThan(0);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(seen.every((count) => count >= 1 && count <= 3)).toBe(true);
  expect((await fixture.machine().view(kernel)).releases[0]).toEqual(release);
});
