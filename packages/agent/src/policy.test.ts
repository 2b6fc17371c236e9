import { block, emptyBlocklist } from '@klpkit/blocklist';
import { forceAcceptance, systemClock } from '@klpkit/kernel';
import { describe, expect, it } from 'vitest';
import { makeTestMachine, quickSchedule, type TestMachine } from './test-machine.fixture.ts';
import { makeRelease } from './test-release.fixture.ts';

const publish = async (machine: TestMachine, microPercent?: number) => {
  const { release, bytes } = await makeRelease();
  machine.server.publish(release, bytes, microPercent);
};
const kinds = (machine: TestMachine) => machine.server.pings.map(({ kind }) => kind);

describe('control pings', () => {
  it('are not sent where the policy does not ask for them', async () => {
    await using machine = await makeTestMachine();
    await publish(machine, 0);
    const agent = await machine.newAgent();
    await agent.check();
    await agent.flush();
    expect(kinds(machine)).toEqual(['check']);
  });

  it('are sent once a release from a machine that is not yet in the bucket, a healthy pair on a healthy machine', async () => {
    await using machine = await makeTestMachine();
    await publish(machine, 0);
    const agent = await machine.newAgent({ policy: { control: true } });
    expect(await agent.check()).toMatchObject({ kind: 'held', reason: 'not-in-phase' });
    await agent.check();
    await agent.flush();
    expect(kinds(machine)).toEqual(['check', 'control-before', 'control-after', 'check']);
    expect(machine.server.pings[2]).toMatchObject({ healthy: true, attemptId: machine.server.pings[1]?.attemptId });
    expect(machine.kernel.modules).toEqual([]);
  });

  it('say so when the machine is not well', async () => {
    await using machine = await makeTestMachine();
    await publish(machine, 0);
    const agent = await machine.newAgent({
      policy: { control: true },
      onEvent: (event) => {
        if (event.kind === 'effect' && event.effect.kind === 'examine-control') {
          machine.kernel.log('BUG: kernel NULL pointer dereference, address: 0000000000000000', 1);
          machine.kernel.log('Oops: 0002 [#1] PREEMPT SMP', 4);
        }
      },
    });
    await agent.check();
    await agent.flush();
    expect(machine.server.pings.at(-1)).toMatchObject({ kind: 'control-after', healthy: false });
  });
});

describe('a stalled transition', () => {
  it('is forced only where the policy says so in words; that is told, and the watch goes on', async () => {
    await using machine = await makeTestMachine({ kind: 'stalls', tasks: [{ comm: 'nfsd' }] });
    await publish(machine);
    const agent = await machine.newAgent({ policy: { forceStalled: forceAcceptance } });
    const end = await agent.check();
    const states = machine.events.flatMap((event) => (event.kind === 'state' ? [event.state.kind] : []));
    expect(states).toContain('forced');
    expect(end.kind).toBe('healthy');
    await agent.flush();
    expect(machine.server.pings.find(({ kind }) => kind === 'error')).toMatchObject({
      code: 'FORCED',
      stalledTasks: ['nfsd'],
    });
  });

  it('is given its whole time, however long the insertion took', async () => {
    await using machine = await makeTestMachine();
    await publish(machine);
    let elapsed = 0;
    const { root, loader } = machine.kernel;
    const agent = await machine.newAgent({
      clock: { now: () => elapsed, sleep: (ms, signal) => systemClock.sleep(ms, signal) },
      kernel: {
        root,
        loader: {
          ...loader,
          async insert(...args) {
            await loader.insert(...args);
            elapsed += 10 * quickSchedule.transitionDeadlineMs;
          },
        },
      },
    });
    expect((await agent.check()).kind).toBe('healthy');
  });

  it('is given no less than 20 s on a real kernel', async () => {
    await using machine = await makeTestMachine();
    const real = { sysfs: '/sys', procfs: machine.kernel.root.procfs, kmsg: machine.kernel.root.kmsg };
    const agent = await machine.newAgent({
      kernel: { root: real, loader: machine.kernel.loader },
      schedule: { ...quickSchedule, transitionDeadlineMs: 19_999 },
    });
    await expect(agent.start()).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });
});

describe('a kernel without livepatching', () => {
  it('is named, and the server told', async () => {
    await using machine = await makeTestMachine();
    await publish(machine);
    const { rm } = await import('node:fs/promises');
    await rm(`${machine.kernel.root.sysfs}/kernel/livepatch`, { recursive: true });
    const agent = await machine.newAgent();
    expect(await agent.check()).toMatchObject({ kind: 'refused', failure: { code: 'KERNEL_UNSUITABLE' } });
    await agent.flush();
    expect(machine.server.pings).toMatchObject([{ kind: 'check', outcome: 'unsupported', release: null }]);
  });
});

describe('a blocklist that does not follow from the one before', () => {
  const entry = { sha256: null, kernels: '*', action: 'no-apply', reason: 'test', since: 1 } as const;

  it('blocks all that either blocks; the check goes on, and the good list is kept', async () => {
    await using machine = await makeTestMachine();
    await publish(machine);
    const { server } = machine;
    const first = block(emptyBlocklist(Date.now()), { ...entry, release: 'cve-2025-0009-1' }, Date.now());
    const forged = { ...emptyBlocklist(Date.now()), version: first.version + 5 };
    const withOurs = block(forged, { ...entry, release: 'cve-2026-0001-1' }, Date.now());
    let list = first;
    const source = { ...server, blocklist: () => Promise.resolve(list) };
    const agent = await machine.newAgent({ source, policy: { never: true } });
    expect((await agent.check()).kind).toBe('held');
    list = withOurs; // the earlier entry has vanished
    expect(await agent.check()).toMatchObject({ kind: 'blocked', reason: 'blocked' });
    expect(machine.events).toContainEqual(expect.objectContaining({ kind: 'trouble', code: 'BLOCKLIST_REFUSED' }));
    list = first;
    expect((await agent.check()).kind).toBe('held');
  });
});
