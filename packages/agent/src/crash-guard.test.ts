import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AgentState } from './state.ts';
import { clearSuspects } from './journal.ts';
import { createFolderStore } from './folder-store.ts';
import { makeTestMachine, type TestMachine } from './test-machine.fixture.ts';
import { makeRelease } from './test-release.fixture.ts';

const publish = async (machine: TestMachine, name = 'cve-2026-0001') => {
  const { release, bytes } = await makeRelease({ name });
  machine.server.publish(release, bytes);
};
const seen = (machine: TestMachine): AgentState[] =>
  machine.events.flatMap((event) => (event.kind === 'state' ? [event.state] : []));

/** Runs a check until this state is reached and stops there, as a signal would. */
async function checkUntil(machine: TestMachine, kind: AgentState['kind']) {
  const stop = new AbortController();
  const agent = await machine.newAgent({
    onEvent: (event) => {
      if (event.kind === 'state' && event.state.kind === kind) stop.abort(new Error('stopped'));
    },
  });
  await expect(agent.check({ signal: stop.signal })).rejects.toThrow('stopped');
  return agent;
}

describe('a machine that goes down while a patch is unproven', () => {
  it('in order, is no crash: nothing is suspect, and the patch is applied anew', async () => {
    await using machine = await makeTestMachine();
    await publish(machine);
    const agent = await checkUntil(machine, 'soaking');
    await agent.shutdown();
    await machine.powerOn();
    const restarted = await machine.newAgent();
    await restarted.start();
    expect(seen(machine).map(({ kind }) => kind)).toContain('interrupted');
    expect(await restarted.check()).toMatchObject({ kind: 'healthy' });
    await restarted.flush();
    expect(machine.server.pings.filter(({ kind }) => kind === 'error')).toEqual([]);
  });

  it.each([
    ['the service alone is stopped and the machine later: told at the next boot', false, true],
    ['the machine goes down: told at once, and counted once', true, undefined],
  ] as const)('in order, %s', async (_, machineGoesDown, late) => {
    await using machine = await makeTestMachine();
    await publish(machine);
    const agent = await checkUntil(machine, 'soaking');
    await agent.shutdown({ machineGoesDown });
    const left = () => machine.server.pings.filter(({ kind }) => kind === 'left');
    expect(left()).toHaveLength(machineGoesDown ? 1 : 0);
    await machine.powerOn();
    const restarted = await machine.newAgent();
    await restarted.start();
    await restarted.flush();
    expect(left()).toHaveLength(1);
    expect(left()[0]?.late).toBe(late);
    const before = machine.server.pings.find(({ kind }) => kind === 'before');
    expect(left()[0]?.attemptId).toBe(before?.attemptId);
  });

  it('in order, with the server away: the word waits in the spool and does not hold the shutdown up', async () => {
    await using machine = await makeTestMachine();
    await publish(machine);
    const agent = await checkUntil(machine, 'soaking');
    machine.server.setReachable(false);
    await agent.shutdown({ machineGoesDown: true });
    machine.server.setReachable(true);
    await machine.powerOn();
    const restarted = await machine.newAgent();
    await restarted.start();
    await restarted.flush();
    expect(machine.server.pings.filter(({ kind }) => kind === 'left')).toHaveLength(1);
  });

  it('without a word, is a crash; the marker of an earlier stop in the same boot does not count', async () => {
    await using machine = await makeTestMachine({ kind: 'applies', afterMs: 20 });
    await publish(machine);
    await (await checkUntil(machine, 'soaking')).shutdown();
    const stop = new AbortController();
    const resumed = await machine.newAgent({
      onEvent: (event) => {
        if (event.kind === 'effect' && event.effect.kind === 'examine') stop.abort(new Error('power'));
      },
    });
    await expect(resumed.start({ signal: stop.signal })).rejects.toThrow('power');
    await machine.powerOn();
    const restarted = await machine.newAgent();
    await restarted.start();
    expect(seen(machine)).toContainEqual(expect.objectContaining({ kind: 'crashed', blamed: true }));
    expect(await restarted.check()).toMatchObject({ kind: 'blocked', reason: 'suspect-crashed' });
  });

  it('sends what pstore kept of it, redacted, and not what pstore had before', async () => {
    await using machine = await makeTestMachine({ kind: 'panics', afterMs: 40 });
    machine.kernel.panic('Kernel panic - not syncing: an older one');
    await machine.powerOn();
    await publish(machine);
    const agent = await machine.newAgent({ hostNames: ['web-17'] });
    await expect(agent.check({ signal: machine.power() })).rejects.toThrow('the machine is down');
    await machine.powerOn();
    const restarted = await machine.newAgent({ hostNames: ['web-17'] });
    await restarted.start();
    await restarted.flush();
    const error = machine.server.pings.find((ping) => ping.kind === 'error');
    expect(error).toMatchObject({ code: 'CRASHED', phase: 'reboot', late: true });
    const text = JSON.stringify(error);
    expect(text).toMatch(/panic/i);
    expect(text).not.toContain('an older one');
  });

  it('after two crashes without any patch of ours, does not blame the patch', async () => {
    await using machine = await makeTestMachine();
    await (await machine.newAgent()).start(); // sees the boot
    for (let crash = 0; crash < 2; crash += 1) {
      machine.kernel.panic();
      await machine.powerOn();
      await (await machine.newAgent()).start();
    }
    await publish(machine);
    await checkUntil(machine, 'soaking');
    machine.kernel.panic();
    await machine.powerOn();
    const restarted = await machine.newAgent();
    await restarted.start();
    expect(seen(machine)).toContainEqual(expect.objectContaining({ kind: 'crashed', blamed: false }));
    expect(await restarted.check()).toMatchObject({ kind: 'healthy' });
  });

  it('after one crash without a patch of ours, blames it', async () => {
    await using machine = await makeTestMachine();
    await (await machine.newAgent()).start();
    machine.kernel.panic();
    await machine.powerOn();
    await publish(machine);
    await checkUntil(machine, 'soaking');
    machine.kernel.panic();
    await machine.powerOn();
    const restarted = await machine.newAgent();
    await restarted.start();
    expect(await restarted.check()).toMatchObject({ kind: 'blocked', reason: 'suspect-crashed' });
  });

  it('is cleared by a person, with the agent stopped', async () => {
    await using machine = await makeTestMachine({ kind: 'panics', afterMs: 40 });
    await publish(machine);
    await expect((await machine.newAgent()).check({ signal: machine.power() })).rejects.toThrow();
    await machine.powerOn();
    machine.kernel.setCourse({ kind: 'applies' });
    const agent = await machine.newAgent();
    await agent.start();
    const store = createFolderStore(machine.stateFolder);
    await expect(clearSuspects(store)).rejects.toMatchObject({ code: 'STATE_LOCKED' });
    await agent.shutdown();
    expect(await clearSuspects(store)).toEqual(['cve-2026-0001-1']);
    expect(await (await machine.newAgent()).check()).toMatchObject({ kind: 'healthy' });
  });
});

describe('the kill switch', () => {
  it.each([
    ['on the command line', 'proc'],
    ['in a file', 'file'],
  ])('"off" %s: nothing is asked and nothing inserted', async (_, where) => {
    await using machine = await makeTestMachine();
    await publish(machine);
    await throwSwitch(machine, where, 'off');
    let asked = 0;
    const { server } = machine;
    const agent = await machine.newAgent({
      source: { ...server, offer: (query) => ((asked += 1), server.offer(query)), blocklist: () => server.blocklist() },
    });
    expect(await agent.check()).toMatchObject({ kind: 'switched-off' });
    expect([asked, machine.kernel.modules]).toEqual([0, []]);
  });

  it.each([
    ['on the command line', 'proc'],
    ['in a file', 'file'],
  ])('"no-apply" %s: asks and reports, inserts nothing, puts nothing back', async (_, where) => {
    await using machine = await makeTestMachine();
    await publish(machine);
    await (await machine.newAgent()).check();
    await machine.powerOn();
    await throwSwitch(machine, where, 'no-apply');
    const agent = await machine.newAgent();
    expect(await agent.check()).toMatchObject({ kind: 'held', reason: 'kill-switch' });
    expect(machine.kernel.modules).toEqual([]);
  });

  it('misspelt counts as "off"', async () => {
    await using machine = await makeTestMachine();
    await throwSwitch(machine, 'proc', 'of');
    expect(await (await machine.newAgent()).check()).toMatchObject({ kind: 'switched-off', by: 'command-line' });
  });
});

async function throwSwitch(machine: TestMachine, where: string, word: string): Promise<void> {
  if (where === 'proc') {
    await writeFile(join(machine.kernel.root.procfs, 'cmdline'), `BOOT_IMAGE=/vmlinuz quiet klpkit=${word}\n`);
    return;
  }
  await mkdir(machine.stateFolder, { recursive: true });
  await writeFile(join(machine.stateFolder, 'kill-switch'), `${word}\n`);
}

describe('the lock', () => {
  it('refuses a second agent on the same folder, and lets it in after the first has ended', async () => {
    await using machine = await makeTestMachine();
    const first = await machine.newAgent();
    const second = await machine.newAgent({ store: createFolderStore(machine.stateFolder) });
    await first.start();
    await expect(second.start()).rejects.toMatchObject({ code: 'STATE_LOCKED' });
    await first.shutdown();
    expect((await second.start()).kind).toBe('idle');
    await second.shutdown();
  });

  it('of a process that died is taken over', async () => {
    await using machine = await makeTestMachine();
    const store = createFolderStore(machine.stateFolder);
    await store.lock();
    await store.unlock();
    await writeFile(join(machine.stateFolder, '.lock'), '4194303 1 some-other-boot a\n');
    await store.lock();
    expect(await readFile(join(machine.stateFolder, '.lock'), 'utf8')).toMatch(new RegExp(`^${process.pid} `));
    await store.unlock();
  });

  it('goes to one of many that want it at once', async () => {
    await using machine = await makeTestMachine();
    const folder = machine.stateFolder;
    const first = createFolderStore(folder);
    await first.lock();
    await first.unlock();
    await writeFile(join(folder, '.lock'), '4194303 1 some-other-boot a\n');
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => createFolderStore(folder).lock()));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
