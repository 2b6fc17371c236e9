import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createFakeKernel, type FakeCourse } from '@klpkit/kernel/testing';
import { type Clock, systemClock } from '@klpkit/kernel';
import { tempFolder, testAuthority } from '@klpkit-internal/testkit';
import { parseTrust } from '@klpkit/payload';
import { describe, expect, it } from 'vitest';
import { createAgent } from './agent.ts';
import type { AgentState } from './state.ts';
import { createFolderStore } from './folder-store.ts';
import { createScriptedServer } from './scripted-server.fixture.ts';
import { quickSchedule } from './test-machine.fixture.ts';
import { makeRelease } from './test-release.fixture.ts';

/** A clock a hundred times faster than the system's, which remembers what it was asked to wait for. Deadlines are far away: a busy host is not the subject. */
function fastClock(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  const factor = 100;
  return {
    waits,
    now: () => systemClock.now() * factor,
    sleep(ms, signal) {
      waits.push(ms);
      return systemClock.sleep(ms / factor, signal);
    },
  };
}

/** The wait of kernels that have no other way to tell that a patch has settled. */
const isSettling = (ms: number): boolean => ms >= 9000 && ms <= 10_000;

/** One check on a machine with this kernel. */
async function checkOn(release: string, course: FakeCourse) {
  await using folder = await tempFolder();
  const clock = fastClock();
  const kernelFolder = join(folder.path, 'kernel');
  await mkdir(kernelFolder);
  const kernel = await createFakeKernel({ folder: kernelFolder, release, course, clock });
  const server = createScriptedServer('updates');
  const one = await makeRelease({ kernel: release }, { vermagic: `${release} SMP mod_unload modversions ` });
  server.publish(one.release, one.bytes);
  const states: AgentState['kind'][] = [];
  const agent = createAgent({
    identity: {
      machineId: '0102030405060708090a0b0c0d0e0f10',
      appId: 'f03daaeb1c334b43a732172944bf772e',
      tier: 'updates',
    },
    kernel: { root: kernel.root, loader: kernel.loader },
    trust: await parseTrust({ certificates: [testAuthority().certificate] }),
    source: server,
    reporter: server,
    store: createFolderStore(join(folder.path, 'state')),
    clock,
    schedule: {
      ...quickSchedule,
      transitionDeadlineMs: 36_000_000,
      transitionPingMs: 36_000_000,
      insertDeadlineMs: 3_600_000,
      beforePingMs: 3_600_000,
    },
    onEvent: (event) => {
      if (event.kind === 'state') states.push(event.state.kind);
    },
  });
  try {
    const end = await agent.check();
    await agent.flush();
    return { end, states, waits: clock.waits, pings: server.pings, modules: kernel.modules };
  } finally {
    await agent.shutdown();
    await kernel.close();
  }
}

describe('a kernel of 4.4, which has no transition', () => {
  const release = '4.4.0-210-generic';

  it('is given ten seconds after the load, then its log is read, then it soaks', async () => {
    const { end, waits, pings, modules } = await checkOn(release, { kind: 'applies' });
    expect(end.kind).toBe('healthy');
    expect(modules).toEqual(['klp_cve_2026_0001_1']);
    expect(waits.some(isSettling)).toBe(true);
    const [first] = pings.filter(({ kind }) => kind === 'health');
    expect(first).toMatchObject({ index: 0 });
    expect(first?.kind === 'health' && (first.waitedMs ?? 0)).toBeGreaterThanOrEqual(10_000);
    expect(pings.map(({ kind }) => kind)).not.toContain('transition');
  });

  it('that oopses within the ten seconds is found by its log, and the patch is not applied again', async () => {
    const { end, states, pings } = await checkOn(release, { kind: 'oopses', afterMs: 3000 });
    expect(end).toMatchObject({ kind: 'applied-with-bug' });
    expect(states).not.toContain('soaking');
    expect(pings.at(-1)).toMatchObject({ kind: 'error', phase: 'health' });
  });
});

it('a kernel of 4.5 to 4.11 redirects at once: `enabled` is all there is to watch', async () => {
  const { end, waits } = await checkOn('4.10.0-42-generic', { kind: 'applies' });
  expect(end.kind).toBe('healthy');
  expect(waits.some(isSettling)).toBe(false);
});
