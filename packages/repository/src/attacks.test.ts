import { createHash } from 'node:crypto';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TempFolder, tempFolder } from '@klpkit-internal/testkit';
import { emptyBlocklist } from '@klpkit/blocklist';
import { releaseKey } from '@klpkit/release';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeDocument } from './documents.ts';
import {
  addRelease,
  blockRelease,
  createFolderStore,
  folderMirror,
  generateSigner,
  type Mirror,
  onlineRoles,
  openPublisher,
  openRepository,
  refresh,
  rotateKeys,
  setRollout,
} from './index.ts';
import { blocklistTarget, kernelTarget } from './layout.ts';
import { publish } from './publisher.ts';
import { type Fixture, kernel, makeFixture } from './repository.fixture.ts';

let temp: TempFolder;
let fixture: Fixture;
beforeEach(async () => {
  temp = await tempFolder();
  fixture = await makeFixture(temp);
});
afterEach(() => temp[Symbol.asyncDispose]());

async function ship(version: string) {
  const init = { name: 'lp', version, fixes: [], endOfLife: null, evidence: null };
  const { release } = await addRelease(await fixture.publisher(), await fixture.module(`lp_${version}`), init, {
    trust: fixture.trust,
  });
  return release;
}

const entry = { release: 'lp-1', sha256: null, kernels: '*', action: 'no-apply', reason: 'gate', since: 1 } as const;

/** A mirror whose one file is somebody else's. */
function withFile(path: string, body: () => AsyncIterable<Uint8Array>): Mirror {
  const honest = folderMirror(fixture.folder);
  return {
    name: 'evil',
    open: (asked, options) => (asked === path ? Promise.resolve(body()) : honest.open(asked, options)),
  };
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) yield new Uint8Array(65_536);
}

describe('rollback', () => {
  test('of everything: an old but correctly signed repository is refused, and what was known stays', async () => {
    const old = await fixture.snapshot();
    await ship('1');
    await fixture.machine('m').view(kernel);
    const rolledBack = fixture.machine('m', [folderMirror(old)]);
    await expect(rolledBack.view(kernel)).rejects.toMatchObject({ code: 'UNTRUSTED' });
    expect((await fixture.machine('m').view(kernel)).releases).toHaveLength(1);
  });

  test.each(['snapshot', 'targets', 'releases', 'rollout', 'blocklist', 'lifted'])(
    'of role %s alone, under its new name, is refused',
    async (role) => {
      await ship('1');
      const all = { release: 'lp-1', paused: false, tiers: [] };
      await setRollout(await fixture.publisher(), all);
      await blockRelease(await fixture.publisher(), entry);
      await rotateKeys(await fixture.publisher(), fixture.keys);
      const { snapshot } = JSON.parse(JSON.stringify({ snapshot: await newestVersion(role) })) as { snapshot: number };
      const older = await readFile(join(fixture.folder, `metadata/${snapshot - 1}.${role}.json`));
      await writeFile(join(fixture.folder, `metadata/${snapshot}.${role}.json`), older);
      await expect(readAll(role)).rejects.toMatchObject({ code: 'UNTRUSTED' });
    },
  );

  async function newestVersion(role: string): Promise<number> {
    const timestamp = JSON.parse(await readFile(join(fixture.folder, 'metadata/timestamp.json'), 'utf8')) as {
      signed: { meta: { 'snapshot.json': { version: number } } };
    };
    const { version } = timestamp.signed.meta['snapshot.json'];
    if (role === 'snapshot') return version;
    const snapshot = JSON.parse(await readFile(join(fixture.folder, `metadata/${version}.snapshot.json`), 'utf8')) as {
      signed: { meta: Record<string, { version: number }> };
    };
    return snapshot.signed.meta[`${role}.json`]?.version ?? 0;
  }

  const readAll = (role: string) => fixture.machine(role).view(kernel);
});

test('freeze: an expired timestamp is an error, not yesterday’s answer', async () => {
  const signers = Object.values(fixture.signers);
  await refresh(await openPublisher(createFolderStore(fixture.folder), { signers, lifetimesMs: { timestamp: -1000 } }));
  await expect(fixture.machine().view(kernel)).rejects.toMatchObject({ code: 'EXPIRED' });
});

test('mix-and-match: files of two honest states do not go together', async () => {
  const first = await fixture.snapshot();
  await ship('1');
  await cp(join(first, 'metadata/1.snapshot.json'), join(fixture.folder, 'metadata/2.snapshot.json'));
  await expect(fixture.machine().view(kernel)).rejects.toMatchObject({ code: 'UNTRUSTED' });
});

test('a withheld blocklist is an error: it cannot be left out without the snapshot saying so', async () => {
  await blockRelease(await fixture.publisher(), entry);
  for (const path of ['metadata/2.blocklist.json']) await rm(join(fixture.folder, path));
  await expect(fixture.machine().view(kernel)).rejects.toMatchObject({ code: 'UNTRUSTED' });
});

describe('hostile transport', () => {
  test.each([
    'metadata/timestamp.json',
    'metadata/1.snapshot.json',
    'metadata/1.releases.json',
    'metadata/2.root.json',
  ])('endless data for %s ends at its limit', async (path) => {
    await expect(fixture.machine('m', [withFile(path, endless)]).view(kernel)).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });

  test('garbage in place of JSON is refused', async () => {
    async function* garbage() {
      yield new Uint8Array([0xff, 0xfe, 0x00]);
    }
    await expect(
      fixture.machine('m', [withFile('metadata/timestamp.json', garbage)]).view(kernel),
    ).rejects.toMatchObject({ code: 'UNTRUSTED' });
  });

  test('a longer or another payload is refused, nothing is kept, and an honest mirror is asked next', async () => {
    const release = await ship('1');
    const path = `payloads/${release.sha256}`;
    async function* wrong() {
      yield new Uint8Array(release.size);
    }
    const file = join(temp.path, 'module.ko');
    const cases = [
      [endless, 'TOO_LARGE'],
      [wrong, 'DIGEST_MISMATCH'],
    ] as const;
    for (const [body, code] of cases) {
      await expect(fixture.machine('m', [withFile(path, body)]).fetchPayload(release, { file })).rejects.toMatchObject({
        code,
      });
      await expect(readFile(`${file}.part`)).rejects.toMatchObject({ code: 'ENOENT' });
    }
    await fixture.machine('m', [withFile(path, wrong), folderMirror(fixture.folder)]).fetchPayload(release, { file });
    expect(
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    ).toBe(release.sha256);
  });

  test('a folder that is not mounted is unreachable, and the next mirror answers', async () => {
    const gone = folderMirror(join(temp.path, 'not-mounted'));
    await expect(fixture.machine('m', [gone]).view(kernel)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    const view = await fixture.machine('m', [gone, folderMirror(fixture.folder)]).view(kernel);
    expect(view.mirror).toBe(fixture.folder);
  });

  test('no mirror at all is said', async () => {
    await expect(fixture.machine('m', []).view(kernel)).rejects.toMatchObject({ code: 'UNREACHABLE' });
  });
});

describe('a stolen online key', () => {
  test('of blocklist, snapshot and timestamp cannot take an entry away', async () => {
    const machine = fixture.machine('m');
    await blockRelease(await fixture.publisher(onlineRoles), entry);
    await machine.view(kernel);
    await publish(await fixture.publisher(onlineRoles), async (transaction) => {
      const emptied = { ...emptyBlocklist(Date.now()), version: 3 };
      await transaction.write('blocklist', blocklistTarget, encodeDocument(emptied));
      return {};
    });
    const view = await machine.view(kernel);
    expect(view.blocklistFault).not.toBeNull();
    expect(view.blocklist.entries).toContainEqual(entry);
    const again = await machine.view(kernel);
    expect(again).toMatchObject({ blocklistFault: view.blocklistFault, blocklist: { entries: [entry] } });
  });

  test('of rollout hurries or stops a signed release, and makes none', async () => {
    const key = releaseKey(await ship('1'));
    const thief = await fixture.publisher(onlineRoles);
    await setRollout(thief, { release: key, paused: false, tiers: [{ tier: 'stable', microPercent: 100_000_000 }] });
    expect((await fixture.machine().view(kernel)).rollouts).toMatchObject([
      { release: key, tiers: [{ tier: 'stable' }] },
    ]);
    const invented = { release: 'evil-1', paused: false, tiers: [] };
    await expect(setRollout(thief, invented)).rejects.toMatchObject({ code: 'UNKNOWN_RELEASE' });
  });

  test('of rollout cannot sign for the paths of another role', async () => {
    const release = await ship('1');
    const target = kernelTarget('releases', kernel);
    await publish(await fixture.publisher(onlineRoles), async (transaction) => {
      const forged = {
        type: 'releases',
        spec: 1,
        ...kernel,
        releases: [{ ...release, sha256: 'ee'.repeat(32) }],
        endOfLife: null,
      };
      await transaction.write('rollout', target, encodeDocument(forged));
      await transaction.write('blocklist', target, encodeDocument(forged));
      return {};
    });
    expect((await fixture.machine().view(kernel)).releases).toEqual([release]);
  });

  test('of snapshot and timestamp cannot bring an older blocklist back', async () => {
    await blockRelease(await fixture.publisher(), entry);
    const machine = fixture.machine('m');
    await machine.view(kernel);
    await publish(await fixture.publisher(['snapshot', 'timestamp']), (transaction) => {
      const meta = transaction.state.snapshot.meta as Record<string, { version: number }>;
      meta['blocklist.json'] = { version: 1 };
      return Promise.resolve({});
    });
    await expect(machine.view(kernel)).rejects.toMatchObject({ code: 'UNTRUSTED' });
  });

  test('of timestamp alone withholds news no longer than the last snapshot’s and timestamp’s life', async () => {
    const frozen = JSON.parse(await readFile(join(fixture.folder, 'metadata/timestamp.json'), 'utf8')) as {
      signed: { expires: string };
    };
    expect(Date.parse(frozen.signed.expires) - Date.now()).toBeLessThanOrEqual(86_400_000);
    await expect(publish(await fixture.publisher(['timestamp']), () => Promise.resolve({}))).rejects.toMatchObject({
      code: 'MISSING_KEYS',
      subject: 'snapshot',
    });
  });

  test('of all online roles makes no release', async () => {
    const online = await fixture.publisher(onlineRoles);
    const init = { name: 'lp', version: '1', fixes: [], endOfLife: null, evidence: null };
    const added = addRelease(online, await fixture.module('lp_1'), init, { trust: fixture.trust });
    await expect(added).rejects.toMatchObject({ code: 'MISSING_KEYS' });
  });

  test('that signs a releases bin with itself is refused by clients', async () => {
    await ship('1');
    const thief = await openPublisher(createFolderStore(fixture.folder), {
      signers: [
        ...onlineRoles.map((role) => fixture.signers[role]),
        { ...generateSigner().signer, keyId: fixture.signers.releases.keyId },
      ],
    });
    const init = { name: 'lp', version: '2', fixes: [], endOfLife: null, evidence: null };
    await addRelease(thief, await fixture.module('lp_2'), init, { trust: fixture.trust });
    await expect(fixture.machine().view(kernel)).rejects.toMatchObject({ code: 'UNTRUSTED' });
  });
});

describe('recovery', () => {
  test('from a fast-forward attack: new snapshot and timestamp keys let lower versions count again', async () => {
    const honest = await fixture.snapshot();
    for (let n = 0; n < 3; n += 1) await refresh(await fixture.publisher(onlineRoles));
    await fixture.machine('m').view(kernel);
    await rm(fixture.folder, { recursive: true });
    await cp(honest, fixture.folder, { recursive: true });
    const [snapshot, timestamp] = [generateSigner().signer, generateSigner().signer];
    const keys = {
      ...fixture.keys,
      snapshot: { keys: [snapshot], threshold: 1 },
      timestamp: { keys: [timestamp], threshold: 1 },
    };
    const signers = [...Object.values(fixture.signers), snapshot, timestamp];
    await rotateKeys(await openPublisher(createFolderStore(fixture.folder), { signers }), keys);
    await expect(fixture.machine('m').view(kernel)).resolves.toMatchObject({ blocklistFault: null });
  });

  test('from a stolen blocklist key: a new epoch drops what the thief blocked and keeps the rest', async () => {
    const machine = fixture.machine('m');
    await blockRelease(await fixture.publisher(), entry);
    await blockRelease(await fixture.publisher(), { ...entry, release: 'good-1' });
    await machine.view(kernel);
    const blocklist = generateSigner().signer;
    const keys = { ...fixture.keys, blocklist: { keys: [blocklist], threshold: 1 } };
    const publisher = await openPublisher(createFolderStore(fixture.folder), {
      signers: [...Object.values(fixture.signers), blocklist],
    });
    await rotateKeys(publisher, keys, { newEpoch: { keepReleases: ['lp-1'] } });
    const view = await machine.view(kernel);
    expect(view).toMatchObject({ blocklistFault: null, blocklist: { epoch: 2, version: 1 } });
    expect(view.blocklist.entries.map(({ release }) => release)).toEqual(['lp-1']);
  });

  test('a rotation needs the old root’s key as well as the new one’s', async () => {
    const root = generateSigner().signer;
    const keys = { ...fixture.keys, root: { keys: [root], threshold: 1 } };
    const { root: _old, ...others } = fixture.signers;
    const publisher = await openPublisher(createFolderStore(fixture.folder), {
      signers: [...Object.values(others), root],
    });
    await expect(rotateKeys(publisher, keys)).rejects.toMatchObject({ code: 'MISSING_KEYS', subject: 'root' });
  });
});

test('a root file cut short by a power failure is replaced by the one the machine was given', async () => {
  const release = await ship('1');
  const machine = fixture.machine('m');
  await machine.view(kernel);
  await writeFile(join(temp.path, 'machines/m/metadata/root.json'), '{"signed": {"_ty');
  expect((await machine.view(kernel)).releases.map(releaseKey)).toEqual([releaseKey(release)]);
});

test('a foreign root trusts nothing here', async () => {
  await using elsewhere = await tempFolder();
  const other = await makeFixture(elsewhere);
  const stranger = openRepository({
    folder: join(temp.path, 'stranger'),
    trustedRoot: other.root,
    mirrors: [folderMirror(fixture.folder)],
  });
  await expect(stranger.view(kernel)).rejects.toMatchObject({ code: 'UNTRUSTED' });
});
