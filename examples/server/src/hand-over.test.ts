import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { httpsMirror, openRepository } from '@klpkit/repository';
import { makeAuthority, testAuthority } from '@klpkit-internal/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bucket, serveBucket } from './testing/bucket.ts';
import { type Harness, kernel, send, startHarness, until } from './testing/harness.ts';
import { makeRepository, type TestRepository } from './testing/repository.ts';

const run = promisify(execFile);
const hasRclone = isThere('rclone');
const authority = testAuthority('p-256');
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'klpkit-hand-over-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

function isThere(program: string): boolean {
  try {
    execFileSync(program, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** What to-bucket.sh does, for machines without rclone. */
async function copyByHand(folder: string, target: string): Promise<void> {
  const timestamp = await readFile(join(folder, 'metadata/timestamp.json'));
  for (const part of ['metadata', 'targets', 'payloads'])
    await cp(join(folder, part), join(target, part), {
      recursive: true,
      filter: (path) => !path.endsWith('/metadata/timestamp.json') && !path.includes('.tmp'),
    });
  await writeFile(join(target, 'metadata/timestamp.json'), timestamp);
}

async function copyByScript(folder: string, target: string): Promise<void> {
  // No configuration of whoever runs the tests.
  const env = { PATH: process.env.PATH, RCLONE_CONFIG: join(root, 'rclone.conf') };
  await run(fileURLToPath(new URL('../to-bucket.sh', import.meta.url)), [folder, target], { env });
}

it.skipIf(hasRclone)('there is no rclone: to-bucket.sh was not run, its steps were taken by hand', () => undefined);

describe('the signed repository in a bucket', () => {
  let harness: Harness;
  let repository: TestRepository;
  let bucket: Bucket;
  let target: string;
  const copy = (): Promise<void> => (hasRclone ? copyByScript : copyByHand)(repository.folder, target);
  beforeAll(async () => {
    repository = await makeRepository(root, authority);
    target = join(root, 'bucket');
    await mkdir(target);
    bucket = await serveBucket(target);
    harness = await startHarness({
      trustCertificates: [authority.certificate],
      repository: { folder: repository.folder, keys: repository.keys, intervalMs: 200 },
      gate: { intervalMs: 50 },
    });
  });
  afterAll(async () => {
    await harness.close();
    await bucket[Symbol.asyncDispose]();
  });

  it('is all that a machine needs, and as new as its last copy', async () => {
    await writeFile(join(repository.folder, 'put-here-by-a-person.txt'), 'private');
    await repository.addOffline('good');
    const signed = async (isPaused: boolean): Promise<void> => {
      const machine = await openMachine(harness.server.url, harness.server.certificate);
      await until(async () => (await machine.view({ kernel, arch: 'x86_64' })).rollouts[0]?.paused === isPaused);
    };
    await signed(false);
    await copy();
    const machine = await openMachine(bucket.url);
    const { releases, rollouts } = await machine.view({ kernel, arch: 'x86_64' });
    expect(rollouts).toMatchObject([{ release: 'good-1', paused: false }]);
    const file = join(root, 'payload.ko');
    await machine.fetchPayload(releases[0]!, { file });
    const bytes = await readFile(file);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(releases[0]!.sha256);

    await harness.ask('POST', '/v1/admin/rollouts/good-1/events', { body: { type: 'pause' } });
    await signed(true);
    expect((await machine.view({ kernel, arch: 'x86_64' })).rollouts).toMatchObject([{ paused: false }]);
    await copy();
    expect((await machine.view({ kernel, arch: 'x86_64' })).rollouts).toMatchObject([{ paused: true }]);
    expect((await readdir(target)).toSorted()).toEqual(['metadata', 'payloads', 'targets']);
  });

  let machines = 0;
  async function openMachine(url: string, ca?: string) {
    machines += 1;
    const mirror =
      ca === undefined ? httpsMirror(url, { allowPlainHttp: true }) : httpsMirror(`${url}/repository`, { ca });
    return openRepository({
      folder: join(root, `machine-${machines}`),
      trustedRoot: await readFile(join(repository.folder, 'metadata/1.root.json')),
      mirrors: [mirror],
    });
  }
});

describe('payloads in a bucket', () => {
  it('are asked for there, by their digest, and no byte of them comes from the server', async () => {
    const certificate = makeAuthority({ name: 'localhost', algorithm: 'p-256' });
    const folder = join(root, 'cdn');
    await mkdir(join(folder, 'payloads'), { recursive: true });
    await using bucket = await serveBucket(folder, certificate);
    const harness = await startHarness({ payloadUrl: `${bucket.url}/payloads/` });
    try {
      const { release, bytes } = await harness.publish();
      await cp(join(harness.stateDir, 'payloads'), join(folder, 'payloads'), { recursive: true });
      const offered = await harness.ask('GET', `/v1/offer?kernel=${kernel}&arch=x86_64&tier=internal`);
      const sent = await harness.ask('GET', offered.json.offer!.payload);
      expect([sent.status, sent.headers.location, sent.bytes.length]).toEqual([
        307,
        `${bucket.url}/payloads/${release.sha256}`,
        0,
      ]);
      const agent = new Agent({ ca: certificate.certificate });
      const fetched = await send(new URL(String(sent.headers.location)), 'GET', { agent });
      expect(fetched.bytes.equals(bytes)).toBe(true);
      expect(bucket.asked).toEqual([`/payloads/${release.sha256}`]);
      expect((await harness.ask('GET', `/v1/payloads/${'0'.repeat(64)}`)).json.code).toBe('PAYLOAD_UNKNOWN');
    } finally {
      await harness.close();
    }
  });
});
