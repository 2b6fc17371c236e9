import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@klpkit/kernel';
import { describe, expect, it } from 'vitest';
import type { Effect } from './effect.ts';
import { createFolderStore } from './folder-store.ts';
import { createHttpsSource } from './https-source.ts';
import { type AgentStore, storeNames } from './store.ts';
import { makeTestMachine, quickSchedule, type TestMachine } from './test-machine.fixture.ts';
import { makeRelease } from './test-release.fixture.ts';
import { startTlsServer } from './tls-server.fixture.ts';
import { AgentError } from './error.ts';

const DAY_MS = 86_400_000;
const publish = async (machine: TestMachine) => {
  const { release, bytes } = await makeRelease();
  machine.server.publish(release, bytes);
};

/** The machine's store on a medium that refuses writes of these names while `refuses()`. */
function brokenStore(machine: TestMachine, errno: string, refuses: (name: string) => boolean): AgentStore {
  const store = createFolderStore(machine.stateFolder);
  const refuse = (name: string) =>
    Promise.reject(new AgentError('STATE_UNUSABLE', `Cannot write ${name} (${errno}). Nothing was inserted.`));
  return {
    ...store,
    write: (name, content) => (refuses(name) ? refuse(name) : store.write(name, content)),
    append: (name, text) => (refuses(name) ? refuse(name) : store.append(name, text)),
  };
}

/** An agent whose disk has no room from its first effect of this kind on. */
async function agentWhoseDiskFillsAt(kind: Effect['kind'], machine: TestMachine) {
  let full = false;
  const agent = await machine.newAgent({
    store: brokenStore(machine, 'ENOSPC', () => full),
    onEvent: (event) => {
      machine.events.push(event);
      if (event.kind === 'effect' && event.effect.kind === kind) full = true;
    },
  });
  const makeRoom = (): void => {
    full = false;
  };
  return { agent, makeRoom };
}

const journalOf = async ({ stateFolder }: TestMachine): Promise<unknown> =>
  JSON.parse(await readFile(join(stateFolder, storeNames.journal), 'utf8'));

describe('a disk that is full, or read-only', () => {
  it.each(['ENOSPC', 'EROFS'])(
    'from the start (%s): refused, with the code, and nothing is inserted',
    async (errno) => {
      await using machine = await makeTestMachine();
      await publish(machine);
      const agent = await machine.newAgent({ store: brokenStore(machine, errno, () => true) });
      const state = await agent.check();
      expect(state).toMatchObject({ kind: 'refused', failure: { code: 'STATE_UNUSABLE' } });
      expect(machine.kernel.modules).toEqual([]);
    },
  );

  it('when the record is to be written: nothing is inserted, and after it has room the patch is', async () => {
    await using machine = await makeTestMachine();
    await publish(machine);
    let full = false;
    const agent = await machine.newAgent({
      store: brokenStore(machine, 'ENOSPC', (name) => full && name === 'journal.json'),
      onEvent: (event) => {
        if (event.kind === 'effect' && event.effect.kind === 'verify') full = true;
      },
    });
    expect(await agent.check()).toMatchObject({
      kind: 'refused',
      phase: 'journal',
      failure: { code: 'STATE_UNUSABLE' },
    });
    expect(machine.kernel.modules).toEqual([]);
    await agent.shutdown(); // full as ever: that is told, and the lock given back all the same
    const again = await machine.newAgent();
    expect((await again.check()).kind).toBe('healthy');
  });

  it('when only the pings find no room: they are sent from memory, and the patching goes on', async () => {
    await using machine = await makeTestMachine();
    await publish(machine);
    const agent = await machine.newAgent({ store: brokenStore(machine, 'ENOSPC', (name) => name === 'spool.jsonl') });
    expect((await agent.check()).kind).toBe('healthy');
    await agent.flush();
    expect(machine.server.pings).toHaveLength(6);
  });

  it.each(['deliver', 'observe', 'examine', 'close-record'] as const)(
    'from the effect %s on: the patch is no worse for it, and the end is on the disk as soon as there is room',
    async (kind) => {
      await using machine = await makeTestMachine();
      await publish(machine);
      const { agent, makeRoom } = await agentWhoseDiskFillsAt(kind, machine);
      expect((await agent.check()).kind).toBe('healthy');
      expect(machine.events).toContainEqual(expect.objectContaining({ code: 'RECORD_NOT_KEPT' }));
      expect(await journalOf(machine)).toMatchObject({ open: { module: 'klp_cve_2026_0001_1' }, held: [] });
      makeRoom();
      expect((await agent.check()).kind).toBe('nothing-to-apply');
      expect(await journalOf(machine)).toMatchObject({ open: null, held: [{ module: 'klp_cve_2026_0001_1' }] });
      await agent.flush();
      const kinds = machine.server.pings.map((ping) => ping.kind).filter((one) => one !== 'check');
      expect(kinds).toEqual(['before', 'after', 'health', 'health', 'health', 'health']);
    },
  );

  it('when the agent comes back in the soak: the watch is taken up as soon as that can be noted', async () => {
    await using machine = await makeTestMachine();
    await publish(machine);
    const stop = new AbortController();
    const first = await machine.newAgent({
      onEvent: (event) => {
        if (event.kind === 'state' && event.state.kind === 'soaking') stop.abort(new Error('SIGTERM'));
      },
    });
    await expect(first.check({ signal: stop.signal })).rejects.toThrow('SIGTERM');
    await first.shutdown();
    let full = true;
    const second = await machine.newAgent({ store: brokenStore(machine, 'ENOSPC', () => full) });
    const unnoted = { kind: 'refused', release: 'cve-2026-0001-1', failure: { code: 'STATE_UNUSABLE' } };
    expect(await second.start()).toMatchObject(unnoted);
    expect(await second.check()).toMatchObject({ kind: 'refused', failure: { code: 'STATE_UNUSABLE' } });
    expect(await journalOf(machine)).toMatchObject({ open: { phase: 'soaking', stopped: true } });
    full = false;
    expect((await second.check()).kind).toBe('nothing-to-apply');
    expect(await journalOf(machine)).toMatchObject({ open: null, held: [{ module: 'klp_cve_2026_0001_1' }] });
  });

  it('a blocked patch is disabled all the same', async () => {
    await using machine = await makeTestMachine();
    await publish(machine);
    let full = false;
    const agent = await machine.newAgent({ store: brokenStore(machine, 'ENOSPC', () => full) });
    expect((await agent.check()).kind).toBe('healthy');
    full = true;
    machine.server.block({ release: 'cve-2026-0001-1', action: 'disable' });
    expect(await agent.check()).toMatchObject({ kind: 'blocked', disabled: true });
    expect(machine.kernel.modules).toEqual([]);
  });

  it('when the transition stalls: it is turned round all the same', async () => {
    await using machine = await makeTestMachine({ kind: 'stalls', tasks: [{ comm: 'nfsd' }] });
    await publish(machine);
    const { agent } = await agentWhoseDiskFillsAt('observe', machine);
    expect(await agent.check()).toMatchObject({ kind: 'reversed', stalledTasks: ['nfsd'] });
    expect(machine.kernel.modules).toEqual([]);
  });
});

describe('a calendar that jumps back a day', () => {
  it.each(['download', 'open-record', 'examine'] as const)('before %s: the soak ends all the same', async (kind) => {
    await using machine = await makeTestMachine();
    await publish(machine);
    let jumped = 0;
    const agent = await machine.newAgent({
      epochMs: () => Date.now() - jumped,
      onEvent: (event) => {
        if (event.kind === 'effect' && event.effect.kind === kind) jumped = DAY_MS;
      },
    });
    expect((await agent.check()).kind).toBe('healthy');
    expect(await agent.check()).toMatchObject({ kind: 'nothing-to-apply' });
    await agent.flush();
    expect(machine.server.pings.filter(({ kind: one }) => one === 'health')).toHaveLength(4);
  });
});

describe('a calendar that jumps ahead a day', () => {
  it('does not cut the soak short', async () => {
    await using machine = await makeTestMachine();
    await publish(machine);
    let [jumped, elapsed, examines] = [0, 0, false];
    const waits: number[] = [];
    const now = Date.now();
    const agent = await machine.newAgent({
      epochMs: () => now + jumped,
      clock: {
        now: () => elapsed,
        async sleep(ms, signal) {
          if (examines) waits.push(ms);
          examines = false;
          await systemClock.sleep(ms, signal);
          elapsed += ms; // nothing else takes time here, so that the waits are the same in every run
        },
      },
      onEvent: (event) => {
        if (event.kind !== 'effect' || event.effect.kind !== 'examine') return;
        examines = true;
        if (event.effect.index === 1) jumped = DAY_MS;
      },
    });
    expect((await agent.check()).kind).toBe('healthy');
    expect(waits).toEqual([0, 20, 20, 40]);
  });
});

describe('a server that is slow', () => {
  const slowly = (wanted: (path: string) => boolean, bytes: Uint8Array) =>
    ((path, response) => {
      if (!wanted(path)) return false;
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
      let at = 0;
      const drip = setInterval(() => {
        if (response.destroyed || at >= bytes.length) clearInterval(drip);
        else response.write(bytes.subarray(at, (at += 1)));
      }, 100);
      return true;
    }) as Parameters<typeof startTlsServer>[1];

  it.each([
    ['its offer', (path: string) => path === '/v1/offer', 'check', /SERVER_UNREACHABLE/],
    [
      'its payload',
      (path: string) => path.startsWith('/v1/payloads/'),
      'download',
      /SERVER_UNREACHABLE|PAYLOAD_TRUNCATED/,
    ],
  ])('a byte at a time in %s: refused when the time is up', async (_, wanted, phase, code) => {
    const one = await makeRelease();
    await using machine = await makeTestMachine();
    await using server = await startTlsServer(one, slowly(wanted, one.bytes));
    const source = createHttpsSource({ url: server.url, ca: server.ca, answerMs: 400, payloadMs: 400 });
    const agent = await machine.newAgent({ source, reporter: source });
    const state = await agent.check();
    expect(state).toMatchObject({ kind: 'refused', phase, failure: { code: expect.stringMatching(code) as string } });
    source.close();
  });
});

describe('no busy loop', () => {
  it.each([
    ['a name that cannot be resolved', 'https://patches.invalid'],
    ['a port where nobody listens', 'https://127.0.0.1:9'],
  ])('against %s: one try an interval', async (_, url) => {
    await using machine = await makeTestMachine();
    const source = createHttpsSource({ url });
    let asked = 0;
    const sleeps: number[] = [];
    const stop = new AbortController();
    const agent = await machine.newAgent({
      source: { ...source, offer: (query, options) => ((asked += 1), source.offer(query, options)) },
      reporter: source,
      schedule: { ...quickSchedule, checkIntervalMs: 3_600_000 },
      clock: {
        now: () => systemClock.now(),
        sleep: async (ms, signal) => {
          sleeps.push(ms);
          if (sleeps.length === 5) stop.abort(new Error('enough'));
          signal?.throwIfAborted();
        },
      },
    });
    await expect(agent.run({ signal: stop.signal })).rejects.toThrow('enough');
    expect(asked).toBe(5);
    expect(Math.min(...sleeps)).toBeGreaterThanOrEqual(3_600_000 * 0.9);
    source.close();
  });

  it.each([
    ['that is full', (machine: TestMachine) => brokenStore(machine, 'ENOSPC', () => true)],
    ['whose folder cannot be made', () => createFolderStore('/dev/null/klpkit')],
  ])('of a disk %s: one try an interval too', async (_, storeOf) => {
    await using machine = await makeTestMachine();
    await publish(machine);
    const sleeps: number[] = [];
    const stop = new AbortController();
    const agent = await machine.newAgent({
      store: storeOf(machine),
      schedule: { ...quickSchedule, checkIntervalMs: 3_600_000 },
      clock: {
        now: () => performance.now(),
        sleep: async (ms) => {
          sleeps.push(ms);
          if (sleeps.length === 5) stop.abort(new Error('enough'));
          stop.signal.throwIfAborted();
        },
      },
    });
    await expect(agent.run({ signal: stop.signal })).rejects.toThrow('enough');
    expect(Math.min(...sleeps)).toBeGreaterThanOrEqual(3_600_000 * 0.9);
  });
});
