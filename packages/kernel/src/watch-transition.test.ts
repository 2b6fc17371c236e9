import { mkdir, rm, writeFile } from 'node:fs/promises';
import { collect, tempFolder } from '@klpkit-internal/testkit';
import {
  type Clock,
  type KernelOptions,
  readTransition,
  type TransitionState,
  transitionModelOf,
  watchTransition,
} from '@klpkit/kernel';
import { describe, expect, test } from 'vitest';

interface Bench extends AsyncDisposable {
  readonly options: KernelOptions;
  /** Sleeps asked for so far. */
  readonly sleeps: number[];
  /** Called in each sleep with the time. */
  onSleep: (nowMs: number) => Promise<void> | void;
  module(name: string, state: string): Promise<void>;
  patch(name: string, files: Record<string, string>): Promise<void>;
  unpatch(name: string): Promise<void>;
  task(pid: number, tid: number, files: Record<string, string>): Promise<void>;
}

/** Files of a kernel, and a clock that stands still but in sleeps. */
async function bench(release: string): Promise<Bench> {
  const folder = await tempFolder();
  const root = { sysfs: `${folder.path}/sys`, procfs: `${folder.path}/proc`, kmsg: `${folder.path}/kmsg` };
  const write = async (path: string, files: Record<string, string>): Promise<void> => {
    await mkdir(path, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(`${path}/${name}`, `${text}\n`);
  };
  await write(`${root.procfs}/sys/kernel`, { osrelease: release });
  await write(`${root.sysfs}/module`, {});
  await write(`${root.sysfs}/kernel/livepatch`, {});
  let nowMs = 1000;
  const sleeps: number[] = [];
  const clock: Clock = {
    now: () => nowMs,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      sleeps.push(ms);
      nowMs += ms;
      await self.onSleep(nowMs - 1000);
    },
  };
  const self: Bench = {
    options: { root, clock },
    sleeps,
    onSleep: () => undefined,
    module: (name, state) => write(`${root.sysfs}/module/${name}`, { initstate: state }),
    patch: (name, files) => write(`${root.sysfs}/kernel/livepatch/${name}`, files),
    unpatch: (name) => rm(`${root.sysfs}/kernel/livepatch/${name}`, { recursive: true }),
    task: async (pid, tid, files) => write(`${root.procfs}/${pid}/task/${tid}`, files),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
  return self;
}

const release = '6.1.0-56-amd64';
const all = (name: string, options: KernelOptions): Promise<TransitionState[]> =>
  collect(watchTransition(name, options));

describe('from 4.12 on', () => {
  test('the end is told by the transition flag alone', async () => {
    await using kernel = await bench(release);
    await kernel.module('lp', 'live');
    await kernel.patch('lp', { enabled: '1', transition: '1' });
    kernel.onSleep = async (ms) => {
      if (ms > 100) await kernel.patch('lp', { transition: '0' });
    };
    const states = await all('lp', kernel.options);
    expect(states[0]).toEqual({ kind: 'patching', elapsedMs: 0, examined: false, blockedCount: 0, blockedTasks: [] });
    expect(states.at(-1)).toEqual({ kind: 'patched', evidence: 'transition' });
  });

  test('threads that were not moved are named, those of other states are not', async () => {
    await using kernel = await bench(release);
    await kernel.patch('lp', { enabled: '1', transition: '1' });
    await kernel.task(7, 7, { patch_state: '1', comm: 'moved' });
    await kernel.task(8, 8, { patch_state: '1', comm: 'leader' });
    await kernel.task(8, 9, {
      patch_state: '0',
      comm: 'db) S 1',
      stack: '[<0>] slow_fn+0x1a/0x90\n[<0>] do_syscall_64+0x5d/0x90',
    });
    await kernel.task(10, 10, { patch_state: '-1', comm: 'idle' });
    await kernel.task(11, 11, { comm: 'gone' });
    const state = await readTransition('lp', kernel.options);
    expect(state).toEqual({
      kind: 'patching',
      elapsedMs: 0,
      examined: true,
      blockedCount: 1,
      blockedTasks: [{ pid: 8, tid: 9, comm: 'db) S 1', stack: ['slow_fn+0x1a/0x90', 'do_syscall_64+0x5d/0x90'] }],
    });
  });

  test('while unpatching the others block', async () => {
    await using kernel = await bench(release);
    await kernel.module('lp', 'live');
    await kernel.patch('lp', { enabled: '0', transition: '1' });
    await kernel.task(7, 7, { patch_state: '1', comm: 'stays' });
    await kernel.task(8, 8, { patch_state: '0', comm: 'moved' });
    const state = await readTransition('lp', kernel.options);
    expect(state).toMatchObject({
      kind: 'unpatching',
      blockedCount: 1,
      blockedTasks: [{ pid: 7, comm: 'stays', stack: null }],
    });
  });

  test('a crowd of blocked threads is counted in full and named in part', async () => {
    await using kernel = await bench(release);
    await kernel.patch('lp', { enabled: '1', transition: '1' });
    for (let tid = 1; tid <= 200; tid += 1) await kernel.task(1, tid, { patch_state: '0', comm: 'c' });
    const state = await readTransition('lp', kernel.options);
    expect(state).toMatchObject({ kind: 'patching', blockedCount: 200 });
    expect('blockedTasks' in state && state.blockedTasks.length).toBe(64);
  });

  test('steps grow with the time waited, and looks go on', async () => {
    await using kernel = await bench(release);
    await kernel.patch('lp', { enabled: '1', transition: '1' });
    await kernel.task(8, 8, { patch_state: '0', comm: 'db' });
    kernel.onSleep = async (ms) => {
      if (ms > 3_600_000) await kernel.patch('lp', { transition: '0' });
    };
    let looks = 0;
    for await (const state of watchTransition('lp', kernel.options)) if (state.kind === 'patching') looks += 1;
    expect(looks).toBeGreaterThan(300);
    expect(looks).toBeLessThan(600);
    expect(Math.max(...kernel.sleeps)).toBeLessThanOrEqual(1000);
    expect(kernel.sleeps.length).toBeLessThan(5000); // of an hour
  });

  test('a reversal is a change of its own, with a time of its own', async () => {
    await using kernel = await bench(release);
    await kernel.module('lp', 'live');
    await kernel.patch('lp', { enabled: '1', transition: '1' });
    kernel.onSleep = async (ms) => {
      if (ms > 1500) await kernel.unpatch('lp').catch(() => undefined);
      else if (ms > 1000) await kernel.patch('lp', { enabled: '0' });
    };
    const states = await all('lp', kernel.options);
    const turned = states.find(({ kind }) => kind === 'unpatching');
    expect(turned).toMatchObject({ elapsedMs: 0, examined: false });
    expect(states.at(-1)).toEqual({ kind: 'unpatched' });
  });

  test('a missing transition file beside enabled is never done', async () => {
    await using kernel = await bench(release);
    await kernel.patch('lp', { enabled: '1' });
    await expect(readTransition('lp', kernel.options)).rejects.toMatchObject({ code: 'UNEXPECTED_SYSFS_VALUE' });
    await expect(all('lp', kernel.options)).rejects.toMatchObject({ code: 'UNEXPECTED_SYSFS_VALUE' });
  });

  test('no folder: unpatched where the module is live, absent where it is not', async () => {
    await using kernel = await bench(release);
    expect(await all('lp', kernel.options)).toEqual([{ kind: 'absent' }]);
    await kernel.module('lp', 'coming');
    expect(await all('lp', kernel.options)).toEqual([{ kind: 'absent' }]);
    await kernel.module('lp', 'live');
    expect(await all('lp', kernel.options)).toEqual([{ kind: 'unpatched' }]);
  });

  test('a patch whose module is still in its init is on its way, whatever the flags say', async () => {
    await using kernel = await bench(release);
    await kernel.module('lp', 'coming');
    await kernel.patch('lp', { enabled: '0', transition: '0' });
    expect(await readTransition('lp', kernel.options)).toMatchObject({ kind: 'patching' });
  });

  test('a sysfs that is not there at all is an error', async () => {
    await using kernel = await bench(release);
    const root = kernel.options.root;
    await rm(`${root?.sysfs}`, { recursive: true });
    await expect(readTransition('lp', kernel.options)).rejects.toMatchObject({ code: 'IO' });
  });

  test.each(['2', '', 'yes', '1 1', '01'])('the value %j is refused', async (value) => {
    await using kernel = await bench(release);
    await kernel.patch('lp', { enabled: value, transition: '0' });
    await expect(readTransition('lp', kernel.options)).rejects.toMatchObject({ code: 'UNEXPECTED_SYSFS_VALUE' });
  });

  test('the log is a hint: its line ends the wait early, a foreign one does not', async () => {
    await using kernel = await bench(release);
    await kernel.patch('lp', { enabled: '1', transition: '1' });
    const kmsg = `${kernel.options.root?.kmsg}`;
    await writeFile(kmsg, '');
    let doneMs = 0;
    kernel.onSleep = async (ms) => {
      if (ms < 60_000 || doneMs > 0) return;
      doneMs = ms;
      await kernel.patch('lp', { transition: '0' });
      await writeFile(
        kmsg,
        "5,0,1,-;livepatch: 'lp_other': patching complete\n5,1,1,-;livepatch: 'lp': patching complete\n",
      );
    };
    await all('lp', kernel.options);
    expect(kernel.sleeps.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(doneMs + 70);
  });
});

describe('before 4.12', () => {
  test('4.5 to 4.11 have enabled only', async () => {
    await using kernel = await bench('4.9.0-19-amd64');
    await kernel.module('lp', 'live');
    await kernel.patch('lp', { enabled: '1' });
    expect(await all('lp', kernel.options)).toEqual([{ kind: 'patched', evidence: 'enabled' }]);
    await kernel.patch('lp', { enabled: '0' });
    expect(await all('lp', kernel.options)).toEqual([{ kind: 'unpatched' }]);
  });

  test('4.4 and earlier settle for ten seconds', async () => {
    await using kernel = await bench('4.4.0-210-generic');
    expect(await all('lp', kernel.options)).toEqual([{ kind: 'absent' }]);
    await kernel.module('lp', 'live');
    const states = await all('lp', kernel.options);
    expect(states.map(({ kind }) => kind)).toEqual(['patching', 'patched']);
    expect(states[1]).toEqual({ kind: 'patched', evidence: 'settled' });
    expect(kernel.sleeps).toEqual([10_000]);
  });

  test.each([
    ['3.16.0-4-amd64', 'none'],
    ['4.4.302', 'none'],
    ['4.5.0', 'enabled-only'],
    ['4.11.12-100.fc24.x86_64', 'enabled-only'],
    ['4.12.0', 'per-task'],
    ['4.18.0-553.el8_10.x86_64', 'per-task'],
    ['6.18-rc1', 'per-task'],
    ['10.0', 'per-task'],
  ])('%s is %s', (version, model) => {
    expect(transitionModelOf(version)).toBe(model);
  });

  test.each(['', '6', 'v6.1', '6.x', '6.1x', '99999.1'])('%j is no release', (version) => {
    expect(() => transitionModelOf(version)).toThrow(expect.objectContaining({ code: 'UNEXPECTED_SYSFS_VALUE' }));
  });
});

describe('arguments', () => {
  test.each(['', '..', 'a/b', 'lp\n'])('%j is no name', async (name) => {
    await expect(readTransition(name)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(watchTransition(name).next()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('an abort in the middle comes out as its reason', async () => {
    await using kernel = await bench(release);
    await kernel.patch('lp', { enabled: '1', transition: '1' });
    const stop = new AbortController();
    const reason = { not: 'an error' };
    kernel.onSleep = (ms) => {
      if (ms > 200) stop.abort(reason);
    };
    await expect(all('lp', { ...kernel.options, signal: stop.signal })).rejects.toBe(reason);
  });
});
