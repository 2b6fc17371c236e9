import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultSchedule, fasterSchedule } from '@klpkit/agent';
import { createHttpsSource } from '@klpkit/agent/https';
import { createFakeFleet } from '@klpkit/agent/testing';
import { makeAuthority, tempFolder, type TempFolder } from '@klpkit-internal/testkit';
import { parseTrust } from '@klpkit/payload';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Host, startHost } from './host.ts';
import { type DemoPatches, makePatches } from './patches.ts';
import { until } from './until.ts';

/** One client against the real server, on a real PostgreSQL. */
let folder: TempFolder;
let patches: DemoPatches;
let host: Host;
let machines = 0;
const never = new AbortController().signal;

beforeAll(async () => {
  folder = await tempFolder('klpkit-demo-test-');
  await chmod(folder.path, 0o711);
  patches = await makePatches();
  const plan = {
    tiers: [{ tier: 'updates', promotion: 'person', phases: [{ microPercent: 100_000_000, minSoakMs: 0 }] }],
  } as const;
  host = await startHost({ folder: folder.path, trust: patches.certificate, plan, signal: never });
  await host.admin.publish(patches.good.release, patches.good.bytes);
}, 120_000);

afterAll(async () => {
  await host.close();
  await folder[Symbol.asyncDispose]();
});

/** One check of a fresh machine; `ca` and `url` are the server's unless a test says otherwise. */
async function check(change: { url?: string; ca?: string } = {}) {
  machines += 1;
  const own = join(folder.path, `test-machine-${machines}`);
  await mkdir(own);
  const { kernel: release, arch } = patches.good.release;
  await using fleet = await createFakeFleet({
    folder: own,
    size: 1,
    kernel: { release, arch },
    appId: '6b6c706b69744064656d6f2e666c6565',
    tier: 'updates',
    trust: await parseTrust({ certificates: [patches.certificate] }),
    connect() {
      const source = createHttpsSource({ url: host.url, ca: host.ca, ...change });
      return { source, reporter: source, close: () => source.close() };
    },
    schedule: {
      ...fasterSchedule(defaultSchedule, 6000),
      transitionDeadlineMs: 10_000,
      transitionPingMs: 10_000,
      transitionPollMs: 20,
      beforePingMs: 2000,
    },
  });
  const [machine] = fleet.machines;
  if (machine === undefined) throw new TypeError('a fleet of one has one machine');
  const state = await machine.agent().check();
  const delivered = await machine.agent().flush();
  return { state, delivered, modules: machine.kernel.modules };
}

describe('the client and the real server', () => {
  it('agree: the patch is applied, and the server counts the machine as good', async () => {
    const { state, delivered, modules } = await check();
    expect(state).toMatchObject({ kind: 'healthy', release: patches.good.key });
    expect(delivered).toBe(true);
    expect(modules).toEqual([patches.good.module]);
    const counted = await until(async () => (await host.admin.report(patches.good.key)).counts[0]?.good === 1, never);
    expect(counted).toBe(true);
    expect(await host.admin.pings(patches.good.key)).toBe(6);
  });

  it('a certificate of another authority is refused, and nothing is fetched', async () => {
    const ca = makeAuthority({ algorithm: 'p-256' }).certificate;
    expect(await check({ ca })).toMatchObject({
      state: { kind: 'refused', failure: { code: 'CERTIFICATE_REJECTED' } },
      modules: [],
    });
  });

  it('the server takes no payload that is not signed by the key it trusts', async () => {
    const bytes = Uint8Array.from(patches.good.bytes);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const release = { ...patches.good.release, version: '9', sha256 };
    await expect(host.admin.publish(release, bytes)).rejects.toThrow(/BAD_SIGNATURE/);
  });

  it('a payload that rotted on the disk of the server is not inserted', async () => {
    const { sha256 } = patches.good.release;
    const names = await readdir(join(folder.path, 'server'), { recursive: true });
    const path = join(folder.path, 'server', names.find((name) => name.includes(sha256)) ?? 'missing');
    const bytes = await readFile(path);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const { state, modules } = await check();
    expect(state.kind).toBe('refused');
    expect(modules).toEqual([]);
  });

  it('a server that is gone is named, with the next step', async () => {
    const { state, delivered } = await check({ url: 'https://127.0.0.1:9' });
    expect(state).toMatchObject({
      kind: 'refused',
      failure: {
        code: 'SERVER_UNREACHABLE',
        message: expect.stringMatching(/tries again at its next check/) as string,
      },
    });
    expect(delivered).toBe(true); // a check that failed has nothing to tell
  });
});
