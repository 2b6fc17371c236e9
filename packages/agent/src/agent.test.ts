import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readPatches } from '@klpkit/kernel';
import type { Ping } from '@klpkit/pings';
import { releaseKey } from '@klpkit/release';
import { describe, expect, it } from 'vitest';
import type { Memory } from './memory.ts';
import { makeTestMachine, type TestMachine } from './test-machine.fixture.ts';
import { makeRelease, type TestRelease } from './test-release.fixture.ts';

const kinds = (pings: readonly Ping[]) =>
  pings.map((ping) =>
    ping.kind === 'health' ? `health-${ping.index}` : ping.kind === 'check' ? `check-${ping.outcome}` : ping.kind,
  );
const memoryOf = async (machine: TestMachine) =>
  JSON.parse(await readFile(join(machine.stateFolder, 'journal.json'), 'utf8')) as Memory;
const publish = (machine: TestMachine, { release, bytes }: TestRelease, microPercent?: number) =>
  machine.server.publish(release, bytes, microPercent);

describe('a patch that goes well', () => {
  it('goes through every state to healthy, and its pings tell the same', async () => {
    await using machine = await makeTestMachine();
    const one = await makeRelease();
    publish(machine, one);
    const agent = await machine.newAgent();
    const state = await agent.check();
    expect(state).toMatchObject({ kind: 'healthy', release: 'cve-2026-0001-1' });
    expect(
      machine.events.flatMap((n) => (n.kind === 'state' ? [n.state.kind] : [])).filter((k, i, all) => k !== all[i - 1]),
    ).toEqual([
      'idle',
      'checking',
      'downloading',
      'verifying',
      'inserting',
      'transitioning',
      'applied',
      'soaking',
      'healthy',
    ]);
    expect(await agent.flush()).toBe(true);
    expect(kinds(machine.server.pings)).toEqual(['before', 'after', 'health-0', 'health-1', 'health-2', 'health-3']);
    expect(new Set(machine.server.pings.map((ping) => ping.attemptId)).size).toBe(1);
    expect(new Set(machine.server.pings.map((ping) => ping.id)).size).toBe(6);
    expect((await readPatches({ root: machine.kernel.root })).map((patch) => patch.name)).toEqual([
      'klp_cve_2026_0001_1',
    ]);
    const memory = await memoryOf(machine);
    expect(memory.open).toBeNull();
    expect(memory.held.map(({ release }) => releaseKey(release))).toEqual(['cve-2026-0001-1']);
  });

  it('is not applied twice: the next check ends in nothing to apply', async () => {
    await using machine = await makeTestMachine();
    publish(machine, await makeRelease());
    const agent = await machine.newAgent();
    await agent.check();
    expect(await agent.check()).toMatchObject({ kind: 'nothing-to-apply', reason: 'already-applied' });
  });

  it('is put back after a reboot, from the local copy, without the server', async () => {
    await using machine = await makeTestMachine();
    const one = await makeRelease();
    publish(machine, one);
    await (await machine.newAgent()).check();
    await machine.kernel.reboot();
    machine.server.setReachable(false);
    const state = await (await machine.newAgent()).start();
    expect(state.kind).toBe('healthy');
    expect(machine.kernel.modules).toEqual(['klp_cve_2026_0001_1']);
    expect(machine.server.downloads.get(one.release.sha256)).toBe(1);
  });
});

describe('the decision', () => {
  it('ends in nothing to apply where no release is', async () => {
    await using machine = await makeTestMachine();
    const agent = await machine.newAgent();
    expect(await agent.check()).toMatchObject({ kind: 'nothing-to-apply', reason: 'no-release' });
    await agent.flush();
    expect(kinds(machine.server.pings)).toEqual(['check-nothing']);
  });

  it('holds a machine whose bucket is not reached, and fetches nothing', async () => {
    await using machine = await makeTestMachine();
    publish(machine, await makeRelease(), 0);
    const agent = await machine.newAgent();
    expect(await agent.check()).toEqual({ kind: 'held', release: 'cve-2026-0001-1', reason: 'not-in-phase' });
    await agent.flush();
    expect(kinds(machine.server.pings)).toEqual(['check-held']);
    expect(machine.server.downloads.size).toBe(0);
    expect(machine.kernel.modules).toEqual([]);
  });

  it('takes the older release while the newer is held', async () => {
    await using machine = await makeTestMachine();
    publish(machine, await makeRelease());
    publish(machine, await makeRelease({ name: 'cve-2026-0002' }), 0);
    const agent = await machine.newAgent();
    expect(await agent.check()).toMatchObject({ kind: 'healthy', release: 'cve-2026-0001-1' });
    expect(await agent.check()).toMatchObject({ kind: 'held', release: 'cve-2026-0002-1' });
  });

  it('asks the blocklist before the bucket and before a local "always"', async () => {
    await using machine = await makeTestMachine();
    publish(machine, await makeRelease());
    machine.server.block({ release: 'cve-2026-0001-1', action: 'no-apply' });
    const agent = await machine.newAgent({ policy: { always: true } });
    expect(await agent.check()).toMatchObject({ kind: 'blocked', reason: 'blocked', disabled: false });
    expect(machine.kernel.modules).toEqual([]);
    expect(machine.server.downloads.size).toBe(0);
  });

  it('does not put a blocked patch back after a reboot, but the proven one before it', async () => {
    await using machine = await makeTestMachine();
    publish(machine, await makeRelease());
    const agent = await machine.newAgent();
    await agent.check();
    publish(machine, await makeRelease({ name: 'cve-2026-0002' }));
    expect((await agent.check()).kind).toBe('healthy');
    await machine.kernel.reboot();
    machine.server.block({ release: 'cve-2026-0002-1', action: 'no-apply' });
    const restarted = await machine.newAgent();
    expect(await restarted.start()).toMatchObject({ kind: 'healthy', release: 'cve-2026-0001-1' });
    expect(machine.kernel.modules).toEqual(['klp_cve_2026_0001_1']);
    expect(await restarted.check()).toMatchObject({ kind: 'blocked', release: 'cve-2026-0002-1', disabled: false });
  });

  it('leaves a blocked patch that is in force, unless the entry says disable', async () => {
    await using machine = await makeTestMachine();
    publish(machine, await makeRelease());
    const agent = await machine.newAgent();
    await agent.check();
    machine.server.block({ release: 'cve-2026-0001-1', action: 'no-apply' });
    expect(await agent.check()).toMatchObject({ kind: 'blocked', disabled: false });
    expect(machine.kernel.modules).toEqual(['klp_cve_2026_0001_1']);
    machine.server.block({ release: 'cve-2026-0001-1', action: 'disable' });
    expect(await agent.check()).toMatchObject({ kind: 'blocked', disabled: true });
    expect(machine.kernel.modules).toEqual([]);
  });
});

describe('the crash guard', () => {
  it('does not insert a patch again that the machine went down with, and reports it late', async () => {
    await using machine = await makeTestMachine({ kind: 'panics', afterMs: 60 });
    publish(machine, await makeRelease());
    const agent = await machine.newAgent();
    await expect(agent.check({ signal: machine.power() })).rejects.toThrow('the machine is down');
    await machine.powerOn();
    machine.kernel.setCourse({ kind: 'applies' });
    const restarted = await machine.newAgent();
    await restarted.start();
    expect(machine.events).toContainEqual(
      expect.objectContaining({ kind: 'state', state: expect.objectContaining({ kind: 'crashed' }) }),
    );
    expect(await restarted.check()).toMatchObject({ kind: 'blocked', reason: 'suspect-crashed' });
    expect(machine.kernel.modules).toEqual([]);
    await restarted.flush();
    const error = machine.server.pings.find((ping) => ping.kind === 'error');
    expect(error).toMatchObject({ phase: 'reboot', code: 'CRASHED', late: true });
    expect(error?.attemptId).toBe(machine.server.pings.find((ping) => ping.kind === 'before')?.attemptId);
  });

  it('goes on watching, and inserts nothing again, where only the agent died', async () => {
    await using machine = await makeTestMachine();
    publish(machine, await makeRelease());
    const stop = new AbortController();
    const agent = await machine.newAgent({
      onEvent: (event) => {
        if (event.kind === 'state' && event.state.kind === 'soaking') stop.abort(new Error('kill'));
      },
    });
    await expect(agent.check({ signal: stop.signal })).rejects.toThrow('kill');
    expect((await memoryOf(machine)).open).not.toBeNull();
    const restarted = await machine.newAgent();
    expect(await restarted.start()).toMatchObject({ kind: 'healthy' });
    await restarted.flush();
    expect(kinds(machine.server.pings).filter((kind) => kind === 'before')).toHaveLength(1);
    expect(kinds(machine.server.pings)).toEqual(['before', 'after', 'health-0', 'health-1', 'health-2', 'health-3']);
  });

  it('has the record on disk before the module is handed over', async () => {
    await using machine = await makeTestMachine();
    publish(machine, await makeRelease());
    let atInsertion: Memory | undefined;
    const { loader, root } = machine.kernel;
    const agent = await machine.newAgent({
      kernel: {
        root,
        loader: {
          ...loader,
          insert: async (...args) => {
            atInsertion = await memoryOf(machine);
            return loader.insert(...args);
          },
        },
      },
    });
    await agent.check();
    expect(atInsertion?.open).toMatchObject({
      phase: 'inserting',
      module: 'klp_cve_2026_0001_1',
      bootId: machine.kernel.bootId,
    });
  });

  it('inserts nothing where the record cannot be written', async () => {
    await using machine = await makeTestMachine();
    publish(machine, await makeRelease());
    await writeFile(machine.stateFolder, 'a file where the folder should be');
    const agent = await machine.newAgent();
    expect(await agent.check()).toMatchObject({ kind: 'refused', failure: { code: 'STATE_UNUSABLE' } });
    expect(machine.kernel.modules).toEqual([]);
    await rm(machine.stateFolder);
    expect((await agent.check()).kind).toBe('healthy');
  });
});

describe('a patch that goes wrong', () => {
  it('that the kernel refuses leaves the machine as it was', async () => {
    await using machine = await makeTestMachine({ kind: 'rejects', errno: 'EKEYREJECTED' });
    publish(machine, await makeRelease());
    const agent = await machine.newAgent();
    expect(await agent.check()).toMatchObject({
      kind: 'insert-failed',
      failure: { code: 'KEY_REJECTED', errno: 'EKEYREJECTED' },
    });
    expect(machine.kernel.modules).toEqual([]);
    await agent.flush();
    expect(machine.server.pings.at(-1)).toMatchObject({ kind: 'error', phase: 'insert', code: 'KEY_REJECTED' });
    expect((await memoryOf(machine)).open).toBeNull();
  });

  it('that stalls is turned round at the deadline, and the stalled tasks are named', async () => {
    await using machine = await makeTestMachine({
      kind: 'stalls',
      tasks: [{ comm: 'kworker/u4:1' }, { comm: 'nfsd' }],
    });
    publish(machine, await makeRelease());
    const agent = await machine.newAgent();
    const state = await agent.check();
    expect(state.kind).toBe('reversed');
    expect(state.kind === 'reversed' && state.stalledTasks.toSorted()).toEqual(['kworker/u4:1', 'nfsd']);
    expect(machine.kernel.modules).toEqual([]);
    await agent.flush();
    expect(kinds(machine.server.pings)).toContain('transition');
    expect(machine.server.pings.at(-1)).toMatchObject({ kind: 'error', phase: 'transition', code: 'STALLED' });
  });

  it('that oopses is found by the log, reported with its trace, and not inserted again after a reboot', async () => {
    await using machine = await makeTestMachine({ kind: 'oopses', afterMs: 30 });
    publish(machine, await makeRelease());
    const agent = await machine.newAgent();
    const state = await agent.check();
    expect(state).toMatchObject({ kind: 'applied-with-bug', failure: { code: 'KERNEL_INCIDENT' } });
    await agent.flush();
    const error = machine.server.pings.at(-1);
    expect(error).toMatchObject({ kind: 'error', phase: 'health' });
    expect(error?.kind === 'error' && error.incidents?.[0]?.attribution).toMatch(/strong|medium/);
    expect(await agent.check()).toMatchObject({ kind: 'blocked', reason: 'suspect-bug' });
    await machine.kernel.reboot();
    const restarted = await machine.newAgent();
    await restarted.start();
    expect(await restarted.check()).toMatchObject({ kind: 'blocked', reason: 'suspect-bug' });
    expect(machine.kernel.modules).toEqual([]);
  });

  it.each([
    ['dies in the init', { kind: 'oopses-in-init' } as const, 'inserter-died', 'suspect-inserter-died'],
    ['hangs in the init', { kind: 'hangs-in-init' } as const, 'inserter-hung', 'suspect-inserter-hung'],
  ])('that %s: nothing more is inserted until a reboot', async (_, course, kind, suspect) => {
    await using machine = await makeTestMachine(course);
    publish(machine, await makeRelease());
    const agent = await machine.newAgent();
    expect(await agent.check()).toMatchObject({ kind });
    expect(await agent.check()).toMatchObject({ kind: 'blocked', reason: suspect });
    publish(machine, await makeRelease({ name: 'cve-2026-0002' }));
    expect(await agent.check()).toMatchObject({ kind: 'held', reason: 'reboot-needed' });
    await machine.kernel.reboot();
    machine.kernel.setCourse({ kind: 'applies' });
    expect(await (await machine.newAgent()).check()).toMatchObject({ kind: 'healthy', release: 'cve-2026-0002-1' });
  });
});

describe('pings', () => {
  it('wait for a server that is away, and the patching does not wait for them', async () => {
    await using machine = await makeTestMachine();
    publish(machine, await makeRelease());
    let sends = 0;
    const agent = await machine.newAgent({
      reporter: {
        send: async (pings) => {
          sends += 1;
          if (sends < 100 && machine.kernel.modules.length === 0) throw new Error('away');
          if (sends < 3) throw new Error('away');
          return machine.server.send(pings);
        },
      },
      schedule: {
        healthDelaysMs: [0, 20, 40, 80],
        transitionDeadlineMs: 300,
        transitionPollMs: 10,
        transitionPingMs: 100,
        insertDeadlineMs: 300,
        beforePingMs: 50,
        checkIntervalMs: 50,
      },
    });
    expect((await agent.check()).kind).toBe('healthy');
    await agent.flush();
    expect(kinds(machine.server.pings)).toEqual(['before', 'after', 'health-0', 'health-1', 'health-2', 'health-3']);
  });

  it('outlive the process that wrote them', async () => {
    await using machine = await makeTestMachine();
    publish(machine, await makeRelease());
    const away = { send: () => Promise.reject(new Error('away')) };
    const agent = await machine.newAgent({ reporter: away });
    expect((await agent.check()).kind).toBe('healthy');
    const restarted = await machine.newAgent();
    await restarted.start();
    expect(await restarted.flush()).toBe(true);
    expect(kinds(machine.server.pings)).toEqual(['before', 'after', 'health-0', 'health-1', 'health-2', 'health-3']);
  });

  it('hold nothing that names the machine', async () => {
    await using machine = await makeTestMachine({ kind: 'oopses', afterMs: 30 });
    publish(machine, await makeRelease());
    const agent = await machine.newAgent();
    await agent.check();
    await agent.flush();
    const sent = JSON.stringify(machine.server.pings);
    for (const secret of [
      '0102030405060708090a0b0c0d0e0f10',
      'fb9a2c5cf80b4980951b0fcf44503a0d',
      machine.kernel.bootId,
    ]) {
      expect(sent).not.toContain(secret);
    }
  });
});
