import { describe, expect, it } from 'vitest';
import { createFolderStore } from './folder-store.ts';
import { exitCodeOfStatus, readStatus } from './status.ts';
import { makeTestMachine } from './test-machine.fixture.ts';
import { makeRelease } from './test-release.fixture.ts';

const HOUR_MS = 3_600_000;

describe('the status', () => {
  it('of a machine on which nothing ever ran knows nothing', async () => {
    await using machine = await makeTestMachine();
    const { root, loader } = machine.kernel;
    const status = await readStatus({ store: createFolderStore(machine.stateFolder), kernel: { root, loader } });
    expect(status).toMatchObject({ state: 'idle', release: null, fixes: [], lastContact: null });
    expect(status.unknown).toEqual(['agent', 'server', 'blocklist']);
    expect(exitCodeOfStatus(status)).toBe(3);
  });

  it('says what is in force, since when, and what it fixes; and ages', async () => {
    await using machine = await makeTestMachine();
    const { release, bytes } = await makeRelease();
    machine.server.publish(release, bytes);
    const agent = await machine.newAgent();
    await agent.check();
    const { root, loader } = machine.kernel;
    const at = (now: number) =>
      readStatus({ store: createFolderStore(machine.stateFolder), kernel: { root, loader }, now });
    const fresh = await at(Date.now());
    expect(fresh).toMatchObject({
      state: 'healthy',
      release: 'cve-2026-0001-1',
      fixes: ['CVE-2026-0001'],
      unknown: [],
    });
    expect(exitCodeOfStatus(fresh)).toBe(0);
    const old = await at(Date.now() + 3 * HOUR_MS);
    expect(old.unknown).toEqual(['agent', 'server']);
    expect(exitCodeOfStatus(old)).toBe(3);
    const veryOld = await at(Date.now() + 365 * 24 * HOUR_MS);
    expect(veryOld.unknown).toEqual(['agent', 'server', 'blocklist']);
    await machine.powerOn();
    expect(await at(Date.now())).toMatchObject({ state: 'idle', fixes: [] }); // the kernel has nothing: nothing is healthy
  });

  it('says during the soak that the health is not known yet', async () => {
    await using machine = await makeTestMachine();
    const { release, bytes } = await makeRelease();
    machine.server.publish(release, bytes);
    const stop = new AbortController();
    const agent = await machine.newAgent({
      onEvent: (event) => {
        if (event.kind === 'effect' && event.effect.kind === 'examine' && event.effect.index === 1) stop.abort();
      },
    });
    await expect(agent.check({ signal: stop.signal })).rejects.toThrow();
    expect(await agent.status()).toMatchObject({ state: 'soaking', fixes: ['CVE-2026-0001'] });
    expect((await agent.status()).unknown).toContain('health');
  });

  it('of a server that is away keeps the last contact', async () => {
    await using machine = await makeTestMachine();
    const agent = await machine.newAgent();
    await agent.check();
    const { lastContact } = await agent.status();
    machine.server.setReachable(false);
    expect((await agent.check()).kind).toBe('refused');
    expect(await agent.status()).toMatchObject({ state: 'refused', lastContact });
  });

  it('after an inserter that hung asks for a reboot', async () => {
    await using machine = await makeTestMachine({ kind: 'hangs-in-init' });
    const { release, bytes } = await makeRelease();
    machine.server.publish(release, bytes);
    const agent = await machine.newAgent();
    await agent.check();
    const status = await agent.status();
    expect(status).toMatchObject({ rebootNeeded: true, suspects: [{ reason: 'inserter-hung' }] });
    expect(exitCodeOfStatus(status)).toBe(1);
  });
});
