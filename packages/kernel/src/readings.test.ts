import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { tempFolder, tinyModule } from '@klpkit-internal/testkit';
import {
  bootId,
  compareCounters,
  type KernelRoot,
  type PreflightModule,
  preflight,
  readCounters,
  readKernelInfo,
  readPstore,
  removePstoreRecord,
  taintsOf,
} from '@klpkit/kernel';
import { createFakeKernel, type FakeKernel } from '@klpkit/kernel/testing';
import { assert, integer, property, uniqueArray } from 'fast-check';
import { describe, expect, test } from 'vitest';

interface Bench extends AsyncDisposable {
  readonly kernel: FakeKernel;
  readonly root: KernelRoot;
  write(path: string, text: string | Uint8Array): Promise<void>;
}

async function bench(): Promise<Bench> {
  const folder = await tempFolder();
  const kernel = await createFakeKernel({ folder: folder.path, course: { kind: 'applies', afterMs: 0 } });
  const write = async (path: string, text: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  };
  const dispose = async (): Promise<void> => {
    await kernel.close();
    await folder[Symbol.asyncDispose]();
  };
  return { kernel, root: kernel.root, write, [Symbol.asyncDispose]: dispose };
}

describe('readKernelInfo', () => {
  test('what is not there is null, never a guess', async () => {
    await using machine = await bench();
    expect(await readKernelInfo(machine)).toMatchObject({
      release: '6.1.0-56-amd64',
      arch: 'x86_64',
      livepatch: true,
      model: 'per-task',
      lockdown: null,
      sigEnforce: null,
      modulesDisabled: null,
      ftraceEnabled: null,
      secureBoot: null,
      moduleCompression: null,
      stuckModules: [],
    });
  });

  test('what is there is read', async () => {
    await using machine = await bench();
    const { sysfs, procfs } = machine.root;
    await machine.write(`${sysfs}/kernel/security/lockdown`, 'none [integrity] confidentiality\n');
    await machine.write(`${sysfs}/module/module/parameters/sig_enforce`, 'Y\n');
    await machine.write(`${sysfs}/module/compression`, 'xz\n');
    await machine.write(`${procfs}/sys/kernel/modules_disabled`, '0\n');
    await machine.write(`${procfs}/sys/kernel/ftrace_enabled`, '1\n');
    const variable = `${sysfs}/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c`;
    await machine.write(variable, new Uint8Array([6, 0, 0, 0, 1]));
    expect(await readKernelInfo(machine)).toMatchObject({
      lockdown: 'integrity',
      sigEnforce: true,
      modulesDisabled: false,
      ftraceEnabled: true,
      secureBoot: true,
      moduleCompression: 'xz',
    });
    await machine.write(variable, new Uint8Array([6, 0, 0, 0]));
    await machine.write(`${sysfs}/kernel/security/lockdown`, '[everything]\n');
    expect(await readKernelInfo(machine)).toMatchObject({ secureBoot: null, lockdown: null });
  });

  test.each(['', 'not a uuid', '7D2B6F3E-0000-4000-8000-000000000000'])('a boot id of %j is refused', async (text) => {
    await using machine = await bench();
    await machine.write(`${machine.root.procfs}/sys/kernel/random/boot_id`, `${text}\n`);
    await expect(bootId(machine)).rejects.toMatchObject({ code: 'UNEXPECTED_SYSFS_VALUE' });
  });
});

describe('counters', () => {
  test.each(['', '-1', '1.5', '0x10', '9'.repeat(16), '1 '])('a taint of %j is refused', async (text) => {
    await using machine = await bench();
    await machine.write(`${machine.root.procfs}/sys/kernel/tainted`, `${text}\n`);
    await expect(readCounters(machine)).rejects.toMatchObject({ code: 'UNEXPECTED_SYSFS_VALUE' });
  });

  test('a load alone is healthy; die, warn, lockup and bad page are not; hardware is not the patch', () => {
    const zero = { tainted: 0, oops: 0, warn: 0 };
    const after = (bits: number[]): boolean =>
      compareCounters(zero, { ...zero, tainted: bits.reduce((sum, bit) => sum + 2 ** bit, 0) }).healthy;
    expect(after([12, 13, 15, 16])).toBe(true);
    expect(after([2, 4, 8, 11])).toBe(true);
    for (const bit of [5, 7, 9, 14, 1]) expect(after([bit])).toBe(false);
  });

  test('taint never clears: a second oops is told by the count', () => {
    const before = { tainted: 128, oops: 1, warn: null };
    expect(compareCounters(before, { ...before, oops: 2 })).toMatchObject({
      healthy: false,
      oopses: 1,
      newTaints: [],
      warnings: null,
    });
    expect(compareCounters(before, before).healthy).toBe(true);
  });

  test('flags and number say the same', () => {
    assert(
      property(uniqueArray(integer({ min: 0, max: 19 })), (bits) => {
        const tainted = bits.reduce((sum, bit) => sum + 2 ** bit, 0);
        expect(taintsOf(tainted).map(({ bit }) => bit)).toEqual(bits.toSorted((a, b) => a - b));
      }),
    );
  });
});

describe('pstore', () => {
  test('parts of one crash are put together, the oldest first', async () => {
    await using machine = await bench();
    const folder = `${machine.root.sysfs}/fs/pstore`;
    await machine.write(`${folder}/dmesg-erst-7001`, 'Panic#1 Part1\n<0>[    9.0] Kernel panic\n');
    await machine.write(`${folder}/dmesg-erst-7002`, 'Panic#1 Part2\n<6>[    1.0] boot\n');
    await machine.write(`${folder}/dmesg-ramoops-0`, 'Oops#2 Part1\n<1>[    5.0] BUG: x\n');
    await machine.write(`${folder}/console-ramoops-0`, 'not a crash\n');
    expect(await readPstore(machine)).toEqual([
      {
        files: ['dmesg-erst-7002', 'dmesg-erst-7001'],
        backend: 'erst',
        reason: 'Panic',
        count: 1,
        lines: ['<6>[    1.0] boot', '<0>[    9.0] Kernel panic'],
      },
      { files: ['dmesg-ramoops-0'], backend: 'ramoops', reason: 'Oops', count: 2, lines: ['<1>[    5.0] BUG: x'] },
    ]);
  });

  test('the same part of two boots is two crashes', async () => {
    await using machine = await bench();
    const folder = `${machine.root.sysfs}/fs/pstore`;
    await machine.write(`${folder}/dmesg-erst-1`, 'Panic#1 Part1\na\n');
    await machine.write(`${folder}/dmesg-erst-2`, 'Panic#1 Part1\nb\n');
    expect((await readPstore(machine)).map(({ lines }) => lines)).toEqual([['a'], ['b']]);
  });

  test('a file without the head is kept as it is', async () => {
    await using machine = await bench();
    await machine.write(`${machine.root.sysfs}/fs/pstore/dmesg-efi_pstore-1`, 'text\n');
    expect(await readPstore(machine)).toMatchObject([
      { backend: 'efi_pstore', reason: null, count: null, lines: ['text'] },
    ]);
  });

  test('not mounted is an error, not "no crash"', async () => {
    await using machine = await bench();
    await expect(readPstore(machine)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
  });

  test('a record that names other files removes nothing', async () => {
    await using machine = await bench();
    const folder = `${machine.root.sysfs}/fs/pstore`;
    await machine.write(`${folder}/dmesg-ramoops-0`, 'Oops#1 Part1\n');
    const [record] = await readPstore(machine);
    if (record === undefined) throw new Error('no record');
    for (const file of ['../../kernel/tainted', 'console-ramoops-0', 'dmesg-../x']) {
      await expect(removePstoreRecord({ ...record, files: [file] }, machine)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
    expect(await readdir(folder)).toEqual(['dmesg-ramoops-0']);
    await removePstoreRecord(record, machine);
    await removePstoreRecord(record, machine); // gone already: nothing to do
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('preflight', () => {
  const sound: PreflightModule = {
    name: 'lp_new',
    arch: 'x86_64',
    vermagic: '6.1.0-56-amd64 SMP preempt mod_unload modversions ',
    livepatch: true,
    objects: [{ name: 'vmlinux', functions: [{ name: 'patched_show', sympos: 0 }] }],
    size: 7000,
  };
  const codesOf = async (machine: Bench, module = sound): Promise<[boolean, string[]]> => {
    const { ok, reasons } = await preflight(module, { root: machine.root });
    return [ok, reasons.map(({ code }) => code)];
  };

  test('a sound module on a sound machine', async () => {
    await using machine = await bench();
    expect(await codesOf(machine)).toEqual([true, []]);
  });

  test.each<[string, Partial<PreflightModule>]>([
    ['WRONG_ARCH', { arch: 'aarch64' }],
    ['WRONG_RELEASE', { vermagic: '6.1.0-55-amd64 SMP preempt mod_unload modversions ' }],
    ['NOT_A_LIVEPATCH', { livepatch: false }],
  ])('%s', async (code, change) => {
    await using machine = await bench();
    expect(await codesOf(machine, { ...sound, ...change })).toEqual([false, [code]]);
  });

  test.each<[string, boolean, string, string]>([
    ['FTRACE_DISABLED', false, 'procfs/sys/kernel/ftrace_enabled', '0\n'],
    ['MODULES_DISABLED', false, 'procfs/sys/kernel/modules_disabled', '1\n'],
    ['SIGNATURE_ENFORCED', true, 'sysfs/module/module/parameters/sig_enforce', 'Y\n'],
    ['SIGNATURE_ENFORCED', true, 'sysfs/kernel/security/lockdown', 'none [integrity] confidentiality\n'],
    ['ALREADY_LOADED', false, 'sysfs/module/lp_new/initstate', 'live\n'],
    ['NAME_STUCK', false, 'sysfs/module/lp_new/initstate', 'coming\n'],
    ['MODULE_STUCK', false, 'sysfs/module/lp_other/initstate', 'coming\n'],
    ['TAINTED', true, 'procfs/sys/kernel/tainted', '128\n'],
    ['LOW_MEMORY', false, 'procfs/meminfo', 'MemTotal: 131072 kB\nMemAvailable:      1024 kB\n'],
    ['KPROBE', true, 'sysfs/kernel/debug/kprobes/list', 'ffffffff812c0b60  k  patched_show+0x0    [FTRACE]\n'],
  ])('%s (may load: %s)', async (code, ok, path, text) => {
    await using machine = await bench();
    const [mount, ...rest] = path.split('/');
    const folder = mount === 'sysfs' ? machine.root.sysfs : machine.root.procfs;
    await machine.write(`${folder}/${rest.join('/')}`, text);
    expect(await codesOf(machine)).toEqual([ok, [code]]);
  });

  test('under enforcement the signer is looked for among the keys that the kernel lists', async () => {
    await using machine = await bench();
    const { sysfs, procfs } = machine.root;
    await machine.write(`${sysfs}/module/module/parameters/sig_enforce`, 'Y\n');
    const signed = { ...sound, signer: { subject: 'CN=us', ski: 'f3191ceabc6aaa107e7ed8ef6f52d43cb455c813' } };
    expect(await codesOf(machine, signed)).toEqual([true, ['SIGNATURE_ENFORCED']]); // no list, no statement
    const line = (tail: string): string =>
      `0a1b2c3d I------     1 perm 1f030000     0     0 asymmetri Build time key: X509.rsa ${tail} []\n`;
    await machine.write(`${procfs}/keys`, line('deadbeef'));
    expect(await codesOf(machine, signed)).toEqual([true, ['SIGNATURE_ENFORCED', 'SIGNER_NOT_LISTED']]);
    await machine.write(`${procfs}/keys`, line('deadbeef') + line('b455c813'));
    expect(await codesOf(machine, signed)).toEqual([true, ['SIGNATURE_ENFORCED']]);
  });

  test('another patch on the same function, and one in transition', async () => {
    await using machine = await bench();
    await machine.kernel.loader.insert(tinyModule({ name: 'lp_old' }), '');
    expect(await codesOf(machine)).toEqual([true, ['SAME_FUNCTION']]);
    machine.kernel.setCourse({ kind: 'stalls' });
    await machine.kernel.loader.insert(tinyModule({ name: 'lp_stalls' }), '');
    expect(await codesOf(machine, { ...sound, objects: 'unknown' })).toEqual([false, ['TRANSITION_UNDER_WAY']]);
  });
});
