import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tempFolder, testAuthority } from '@klpkit-internal/testkit';
import { parseTrust } from '@klpkit/payload';
import { releaseKey } from '@klpkit/release';
import { isWithin, positionOf } from '@klpkit/rollout';
import { describe, expect, it } from 'vitest';
import { createFakeFleet, type FakeFleetOptions } from './fake-fleet.ts';
import { createMemoryStore } from './memory-store.ts';
import { createScriptedServer } from './scripted-server.fixture.ts';
import { quickSchedule } from './test-machine.fixture.ts';
import { makeRelease, testKernel } from './test-release.fixture.ts';

async function common(
  folder: string,
  size: number,
): Promise<FakeFleetOptions & { server: ReturnType<typeof createScriptedServer> }> {
  const server = createScriptedServer('updates');
  return {
    server,
    folder,
    size,
    connect: () => ({ source: server, reporter: server }),
    trust: await parseTrust({ certificates: [testAuthority().certificate] }),
    tier: 'updates',
    appId: 'f03daaeb1c334b43a732172944bf772e',
    kernel: testKernel,
    schedule: { ...quickSchedule, transitionDeadlineMs: 600_000, insertDeadlineMs: 600_000, beforePingMs: 600_000 },
  };
}

describe('a fleet in one process', () => {
  it('of 1,000 real agents: a third of them take the patch at 33 %, and nobody else', {
    timeout: 900_000,
  }, async () => {
    await using folder = await tempFolder();
    const { server, ...options } = await common(folder.path, 1000);
    const { release, bytes } = await makeRelease();
    server.publish(release, bytes, 33_000_000);
    await using fleet = await createFakeFleet({ ...options, store: () => createMemoryStore() });
    const ends = await fleet.each((machine) => machine.agent().check());
    const healthy = ends.flatMap(({ kind }, index) => (kind === 'healthy' ? [index] : []));
    expect(ends.filter(({ kind }) => kind === 'held')).toHaveLength(1000 - healthy.length);
    expect(healthy.length).toBeGreaterThan(250); // buckets are computed, so this is the same number in every run
    expect(healthy.length).toBeLessThan(420);
    const patched = fleet.machines.filter(({ kernel }) => kernel.modules.length > 0).map(({ index }) => index);
    expect(patched).toEqual(healthy);
    await fleet.each((machine) => machine.agent().flush());
    expect(server.pings.filter(({ kind }) => kind === 'before')).toHaveLength(healthy.length);
    expect(new Set(server.pings.map(({ id }) => id)).size).toBe(server.pings.length);
  });

  it('has tiers, and says beforehand whom a share reaches', { timeout: 120_000 }, async () => {
    await using folder = await tempFolder();
    await using memory = await tempFolder();
    const { server, ...options } = await common(folder.path, 60);
    const { release, bytes } = await makeRelease();
    server.publish(release, bytes, 50_000_000);
    await using fleet = await createFakeFleet({
      ...options,
      kernelFolder: memory.path,
      tier: (index) => (index < 40 ? 'updates' : 'stable'),
    });
    await fleet.each((machine) => machine.agent().check());
    const patched = fleet.machines.filter(({ kernel }) => kernel.modules.length > 0);
    const reached = fleet.machines.filter(
      ({ tier, nodeId }) => tier === 'updates' && isWithin(positionOf(nodeId, releaseKey(release)), 50_000_000),
    );
    expect(reached.length).toBeGreaterThan(0);
    expect(patched).toEqual(reached);
    expect(fleet.machines.map(({ tier }) => tier).filter((tier) => tier === 'stable')).toHaveLength(20);
    expect([await readdir(join(folder.path, '0')), await readdir(join(memory.path, '0'))]).toEqual([
      ['state'],
      ['kernel'],
    ]);
  });

  it('tells of a panic by the power, and comes back with a suspect', { timeout: 120_000 }, async () => {
    await using folder = await tempFolder();
    const { server, ...options } = await common(folder.path, 2);
    const { release, bytes } = await makeRelease();
    server.publish(release, bytes);
    await using fleet = await createFakeFleet({
      ...options,
      course: (index) => (index === 0 ? { kind: 'panics', afterMs: 1 } : { kind: 'applies', afterMs: 1 }),
    });
    const [bad, good] = fleet.machines;
    const checks = fleet.each((machine) => machine.agent().check({ signal: machine.power() }));
    await expect(checks).rejects.toThrow('machine 0 is down');
    expect([bad?.power().aborted, good?.power().aborted]).toEqual([true, false]);
    await bad?.reboot();
    expect(bad?.power().aborted).toBe(false);
    expect((await bad?.agent().start())?.kind).toBe('idle');
    expect(await bad?.agent().check()).toMatchObject({ kind: 'blocked', reason: 'suspect-crashed' });
  });

  it('goes through reboots: what was proven is put back, on each machine its own', { timeout: 120_000 }, async () => {
    await using folder = await tempFolder();
    const { server, ...options } = await common(folder.path, 8);
    const { release, bytes } = await makeRelease();
    server.publish(release, bytes);
    await using fleet = await createFakeFleet({
      ...options,
      course: (index) => (index === 3 ? { kind: 'rejects', errno: 'EKEYREJECTED' } : { kind: 'applies', afterMs: 1 }),
    });
    await fleet.each((machine) => machine.agent().check());
    await fleet.each((machine) => machine.reboot());
    const ends = await fleet.each((machine) => machine.agent().start(), { atATime: 4 });
    expect(ends.map(({ kind }) => kind)).toEqual(
      Array.from({ length: 8 }, (_, index) => (index === 3 ? 'idle' : 'healthy')),
    );
  });
});
