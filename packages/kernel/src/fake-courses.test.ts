import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { collect, type TempFolder, tempFolder, tinyModule } from '@klpkit-internal/testkit';
import {
  bootId,
  forceTransition,
  type KernelOptions,
  lastLogSequence,
  readCounters,
  readKernelInfo,
  readKernelLog,
  readPatches,
  readPstore,
  readTransition,
  removePstoreRecord,
  setPatchEnabled,
  systemClock,
  watchTransition,
} from '@klpkit/kernel';
import { createFakeKernel, type FakeCourse, type FakeKernel, type FakeKernelOptions } from '@klpkit/kernel/testing';
import { type Incident, scanKernelLog } from '@klpkit/kernel-log';
import { afterEach, describe, expect, test } from 'vitest';

const open: { kernel: FakeKernel; folder: TempFolder }[] = [];

afterEach(async () => {
  for (const { kernel, folder } of open.splice(0)) {
    await kernel.close();
    await folder[Symbol.asyncDispose]();
  }
});

interface Fake {
  readonly kernel: FakeKernel;
  readonly options: KernelOptions;
  readonly insert: (name?: string, livepatch?: boolean) => Promise<void>;
}

async function fake(course: FakeCourse, more: Partial<FakeKernelOptions> = {}): Promise<Fake> {
  const folder = await tempFolder();
  const kernel = await createFakeKernel({ folder: folder.path, course, ...more });
  open.push({ kernel, folder });
  const insert = (name = 'lp_one', livepatch = true): Promise<void> =>
    kernel.loader.insert(tinyModule({ name, livepatch, arch: 'x86_64' }), '');
  return { kernel, options: { root: kernel.root, loader: kernel.loader }, insert };
}

const settle = async (options: KernelOptions, name = 'lp_one', intervalMs = 5): Promise<string> => {
  let last = '';
  for await (const { kind } of watchTransition(name, { ...options, intervalMs })) last = kind;
  return last;
};

const incidents = (options: KernelOptions, seq = 0): Promise<Incident[]> =>
  collect(scanKernelLog(readKernelLog({ ...options, from: { seq } }), { module: 'lp_one' }));

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(5);
}

describe('courses', () => {
  test('oopses: the machine goes on, the counters and the log tell, the incident is the patch’s', async () => {
    const { options, insert } = await fake({ kind: 'oopses', afterMs: 20, appliesMs: 5 });
    await insert();
    expect(await settle(options)).toBe('patched');
    await until(async () => (await readCounters(options)).oops === 1);
    expect(await readCounters(options)).toEqual({ tainted: 4096 + 32768 + 128, oops: 1, warn: 0 });
    const found = await incidents(options);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ kind: 'fault', attribution: 'strong', module: 'lp_one' });
    await setPatchEnabled('lp_one', false, options);
    expect(await settle(options)).toBe('unpatched');
  });

  test('warns: one warning of the patch', async () => {
    const { options, insert } = await fake({ kind: 'warns', afterMs: 10, appliesMs: 5 });
    await insert();
    await until(async () => (await readCounters(options)).warn === 1);
    expect((await readCounters(options)).tainted).toBe(4096 + 32768 + 512);
    expect(await incidents(options)).toMatchObject([{ kind: 'warning', attribution: 'strong', module: 'lp_one' }]);
  });

  test('a patch that was disabled before its fault does no harm', async () => {
    const { options, insert } = await fake({ kind: 'oopses', afterMs: 60, appliesMs: 0 });
    await insert();
    await setPatchEnabled('lp_one', false, options);
    expect(await settle(options)).toBe('unpatched');
    await systemClock.sleep(80);
    expect((await readCounters(options)).oops).toBe(0);
  });

  test('an oops in init leaves the name in coming and no patch', async () => {
    const { kernel, options, insert } = await fake({ kind: 'oopses-in-init' });
    await expect(insert()).rejects.toMatchObject({ died: true });
    expect((await readKernelInfo(options)).stuckModules).toEqual(['lp_one']);
    expect(await readPatches(options)).toEqual([]);
    await expect(kernel.loader.remove('lp_one')).rejects.toMatchObject({ code: 'EBUSY' });
    expect(await incidents(options)).toMatchObject([{ kind: 'fault', attribution: 'strong', module: 'lp_one' }]);
    expect(await readFile(`${kernel.root.procfs}/modules`, 'utf8')).toMatch(/^lp_one \d+ 1 - Loading 0x0+ \(OK\+\)$/m);
  });

  test('a panic takes every file away; the next boot is another one and has the text', async () => {
    let panics = 0;
    const { kernel, options, insert } = await fake({ kind: 'panics', afterMs: 5 }, { onPanic: () => (panics += 1) });
    const before = await bootId(options);
    await insert();
    await until(async () => kernel.power === 'down');
    expect(panics).toBe(1);
    await expect(readTransition('lp_one', options)).rejects.toMatchObject({ code: 'IO' });
    await expect(readPatches(options)).rejects.toMatchObject({ code: 'IO' });
    await expect(bootId(options)).rejects.toMatchObject({ code: 'IO' });
    await expect(lastLogSequence(options)).rejects.toMatchObject({ code: 'IO' });
    await expect(insert()).rejects.toThrow('down');
    await kernel.reboot();
    expect(await bootId(options)).not.toBe(before);
    expect(kernel.modules).toEqual([]);
    expect(await readCounters(options)).toEqual({ tainted: 0, oops: 0, warn: 0 });
    const [record, ...others] = await readPstore(options);
    expect(others).toEqual([]);
    expect(record).toMatchObject({ backend: 'ramoops', reason: 'Panic', count: 1 });
    const found = await collect(scanKernelLog(record?.lines ?? [], { module: 'lp_one' }));
    expect(found).toMatchObject([{ kind: 'panic', module: 'lp_one' }]);
    if (record !== undefined) await removePstoreRecord(record, options);
    expect(await readPstore(options)).toEqual([]);
  });

  test('a watch in a machine that goes down fails, and does not end as done', async () => {
    const { kernel, options, insert } = await fake({ kind: 'stalls' });
    await insert();
    const watch = settle(options);
    await systemClock.sleep(20);
    kernel.panic();
    await expect(watch).rejects.toMatchObject({ code: 'IO' });
  });

  test('a stall ends by itself where the course says so', async () => {
    const { options, insert } = await fake({
      kind: 'stalls',
      untilMs: 30,
      tasks: [{ comm: 'a' }, { comm: 'b', stack: ['f+0x1/0x2'] }],
    });
    await insert();
    expect(await readTransition('lp_one', options)).toMatchObject({
      kind: 'patching',
      blockedTasks: [{ comm: 'a' }, { comm: 'b', stack: ['f+0x1/0x2'] }],
    });
    expect(await settle(options)).toBe('patched');
  });

  test('a stall that is forced completes', async () => {
    const { options, insert } = await fake({ kind: 'stalls' });
    await insert();
    await forceTransition('lp_one', { ...options, acceptsReboot: 'I accept that this machine must be rebooted' });
    expect(await settle(options)).toBe('patched');
  });

  test('a course is asked for each insertion, with its index', async () => {
    const asked: unknown[] = [];
    const { kernel, insert } = await fake({ kind: 'applies' });
    kernel.setCourse((insertion) => {
      asked.push(insertion);
      return { kind: 'rejects', errno: 'ENODEV' };
    });
    await expect(insert('lp_a')).rejects.toMatchObject({ errno: 19 });
    await kernel.reboot();
    await expect(insert('lp_b')).rejects.toMatchObject({ errno: 19 });
    expect(asked).toEqual([
      { name: 'lp_a', params: '', index: 0 },
      { name: 'lp_b', params: '', index: 1 },
    ]);
  });
});

describe('what the loader refuses by itself', () => {
  test('another architecture', async () => {
    const { kernel, options } = await fake({ kind: 'applies' });
    const foreign = tinyModule({ name: 'lp_arm', arch: 'aarch64' });
    await expect(kernel.loader.insert(foreign, '')).rejects.toMatchObject({ code: 'ENOEXEC' });
    const lines = await collect(readKernelLog(options));
    expect(lines.at(-1)).toContain('Invalid architecture in ELF header: 183');
  });

  test('enabled written with its own value, junk, and again after the end: EINVAL', async () => {
    const { kernel, insert } = await fake({ kind: 'applies', afterMs: 0 });
    await insert();
    const path = `${kernel.root.sysfs}/kernel/livepatch/lp_one`;
    for (const value of ['1', 'x', '']) {
      await expect(kernel.loader.store?.(`${path}/enabled`, value)).rejects.toMatchObject({ code: 'EINVAL' });
    }
    await expect(kernel.loader.store?.(`${path}/force`, '1')).rejects.toMatchObject({ code: 'EINVAL' });
    await expect(kernel.loader.store?.(`${path}/transition`, '1')).rejects.toMatchObject({ code: 'EACCES' });
    await expect(kernel.loader.store?.(`${path}/nothing`, '1')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(kernel.loader.store?.('/etc/passwd', '1')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('disabling another patch during a transition: EBUSY', async () => {
    const { kernel, options, insert } = await fake({ kind: 'applies', afterMs: 0 });
    await insert('lp_old');
    kernel.setCourse({ kind: 'stalls' });
    await insert('lp_new');
    await expect(setPatchEnabled('lp_old', false, options)).rejects.toMatchObject({ code: 'BUSY', errno: 'EBUSY' });
  });

  test('a second insertion of a stuck name hangs until it is let go', async () => {
    const { kernel, insert } = await fake({ kind: 'oopses-in-init' });
    await insert().catch(() => undefined);
    const stop = new AbortController();
    const second = kernel.loader.insert(tinyModule({ name: 'lp_one' }), '', stop.signal);
    const first = await Promise.race([second, systemClock.sleep(20).then(() => 'silence')]);
    expect(first).toBe('silence');
    stop.abort();
    await expect(second).rejects.toThrow();
  });
});

describe('what sysfs has depends on the release', () => {
  const attributes = ['enabled', 'transition', 'force', 'vmlinux/patched', 'replace', 'stack_order'];
  test.each([
    ['4.4.0', ['enabled']],
    ['4.12.0', ['enabled', 'transition']],
    ['5.10.0-30-amd64', ['enabled', 'transition', 'force']],
    ['6.1.0-56-amd64', ['enabled', 'transition', 'force', 'vmlinux/patched']],
    ['6.12.117+deb12-amd64', ['enabled', 'transition', 'force', 'vmlinux/patched', 'replace']],
    ['6.18.1', attributes],
  ])('%s', async (release, wanted) => {
    const { kernel, options, insert } = await fake({ kind: 'applies', afterMs: 0 }, { release });
    await insert();
    const folder = `${kernel.root.sysfs}/kernel/livepatch/lp_one`;
    expect(attributes.filter((name) => existsSync(`${folder}/${name}`))).toEqual(wanted);
    expect(await readPatches(options)).toMatchObject([
      { name: 'lp_one', enabled: true, objects: [{ name: 'vmlinux', functions: ['patched_show,1'] }] },
    ]);
  });

  test('stack order is kept and renumbered', async () => {
    const { options, insert } = await fake({ kind: 'applies', afterMs: 0 }, { release: '6.18.1' });
    for (const name of ['lp_c', 'lp_a', 'lp_b']) await insert(name);
    const order = async (): Promise<unknown> =>
      (await readPatches(options)).map((patch) => [patch.name, patch.stackOrder]);
    expect(await order()).toEqual([
      ['lp_c', 1],
      ['lp_a', 2],
      ['lp_b', 3],
    ]);
    await setPatchEnabled('lp_a', false, options);
    expect(await settle(options, 'lp_a')).toBe('unpatched');
    expect(await order()).toEqual([
      ['lp_c', 1],
      ['lp_b', 2],
    ]);
  });
});

test('the log is escaped as the kernel escapes it, and says who wrote', async () => {
  const { kernel, options } = await fake({ kind: 'applies' });
  kernel.log('a\\b\tc\u00fc\nd', 4);
  kernel.log('Kernel panic - not syncing: forged', 0, 1);
  const lines = await collect(readKernelLog({ ...options, from: { seq: 1 } }));
  expect(lines[0]).toMatch(/^4,1,\d+,-;a\\x5cb\\x09c\\xc3\\xbc\\x0ad$/);
  expect(lines[1]).toMatch(/^8,2,\d+,-;Kernel panic/);
});

// A thousand took 1.7 s of one core in all (0.9 s on tmpfs); here fewer, for the sake of busy disks.
test('hundreds of machines live in one process', { timeout: 60_000 }, async () => {
  await using folder = await tempFolder();
  const kernels = await Promise.all(
    Array.from({ length: 200 }, async (_, index) => {
      await mkdir(`${folder.path}/${index}`);
      return createFakeKernel({ folder: `${folder.path}/${index}`, course: { kind: 'applies', afterMs: 50 } });
    }),
  );
  await Promise.all(kernels.map(({ loader }) => loader.insert(tinyModule({ name: 'lp_one' }), '')));
  const ends = await Promise.all(kernels.map(({ root, loader }) => settle({ root, loader }, 'lp_one', 100)));
  expect(new Set(ends)).toEqual(new Set(['patched']));
  for (const kernel of kernels) await kernel.close();
});

test('two kernels in one folder are not shared by accident: a folder that is gone is an error', async () => {
  const folder = await tempFolder();
  await rm(folder.path, { recursive: true });
  await expect(createFakeKernel({ folder: folder.path })).rejects.toThrow();
});
