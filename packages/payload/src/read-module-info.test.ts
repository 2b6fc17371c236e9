import { type ElfSection, tinyModule, type TinyModuleOptions, writeElf } from '@klpkit-internal/testkit';
import { describe, expect, test } from 'vitest';
import { inspectModule } from './index.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const refused = (bytes: Uint8Array, message: string): Promise<void> =>
  expect(inspectModule(bytes)).rejects.toMatchObject({
    name: 'VerifyError',
    code: 'MALFORMED_MODULE',
    message: expect.stringContaining(message) as string,
  });

/** A tiny module with numbers written over it. */
function damaged(...changes: [offset: number, bytes: number[]][]): Uint8Array {
  const bytes = tinyModule();
  for (const [offset, values] of changes) bytes.set(values, offset);
  return bytes;
}

const modinfo = (...lines: string[]): ElfSection => ({
  name: '.modinfo',
  flags: 2n,
  bytes: utf8(lines.map((line) => `${line}\0`).join('')),
});
function thisModule(name: string): ElfSection {
  const bytes = new Uint8Array(128);
  bytes.set(utf8(name), 24);
  return { name: '.gnu.linkonce.this_module', flags: 3n, bytes };
}
const good = [modinfo('name=x', 'vermagic=6.1 '), thisModule('x')] as const;

describe('a module says', () => {
  test('what is in its .modinfo, all of it', async () => {
    const info = await inspectModule(
      tinyModule({
        name: 'a_b',
        depends: ['x', 'y'],
        modinfo: ['import_ns=A', 'import_ns=B', 'parm=a:b=c'],
        license: 'GPL v2',
      }),
    );
    expect(info).toMatchObject({
      name: 'a_b',
      depends: ['x', 'y'],
      license: 'GPL v2',
      livepatch: true,
      hasVersions: false,
      signature: null,
    });
    expect(info.modinfo.get('import_ns')).toEqual(['A', 'B']);
    expect(info.modinfo.get('parm')).toEqual(['a:b=c']);
  });

  test('that it is no livepatch', async () => {
    expect((await inspectModule(tinyModule({ livepatch: false }))).livepatch).toBe(false);
    // The kernel tests for the tag, not for its value.
    expect((await inspectModule(tinyModule({ livepatch: false, modinfo: ['livepatch=N'] }))).livepatch).toBe(true);
  });

  test('which objects and symbols its livepatch relocations need', async () => {
    const rela = { type: 4, flags: 0x10_0002n, bytes: new Uint8Array(24) };
    const info = await inspectModule(
      tinyModule({
        sections: [
          { name: '.klp.rela.vmlinux..text', ...rela },
          { name: '.klp.rela.ext4..text', ...rela },
          { name: '.klp.rela.ext4..data', ...rela },
        ],
        symbols: [
          { name: '.klp.sym.vmlinux.printk,0', section: 0xff20 },
          { name: '.klp.sym.ext4.ext4.attr,2', section: 0xff20 },
        ],
      }),
    );
    expect(info.relocatedObjects).toEqual(['vmlinux', 'ext4']);
    expect(info.livepatchSymbols).toEqual([
      { object: 'vmlinux', name: 'printk', sympos: 0 },
      { object: 'ext4', name: 'ext4.attr', sympos: 2 },
    ]);
  });

  test('the CRCs of its symbols, in both forms', async () => {
    const info = await inspectModule(
      tinyModule({
        versions: [{ name: 'module_layout', crc: 0xffff_ffff }],
        sections: [
          { name: '__version_ext_crcs', bytes: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0x80) },
          { name: '__version_ext_names', bytes: utf8(`short\0${'long'.repeat(30)}\0`) },
        ],
      }),
    );
    expect(info.symbolVersions).toEqual([
      { name: 'module_layout', crc: 0xffff_ffff },
      { name: 'short', crc: 1 },
      { name: 'long'.repeat(30), crc: 0x8000_0000 },
    ]);
  });
});

describe('a file is no module', () => {
  test.each([
    ['empty', new Uint8Array()],
    ['text', utf8('#!/bin/sh\n')],
    ['its magic alone', Uint8Array.of(0x7f, 0x45, 0x4c, 0x46)],
    ['cut in its header', tinyModule().subarray(0, 63)],
    ['of zeros', new Uint8Array(4096)],
  ])('%s', (_, bytes) => refused(bytes, 'not an ELF file'));

  test.each([
    ['of 32 bits', damaged([4, [1]]), '64-bit'],
    ['of no byte order', damaged([5, [3]]), 'byte order'],
    ['of another ELF version', damaged([6, [2]]), 'ELF version'],
    ['executable', damaged([16, [2, 0]]), 'relocatable'],
    ['of a machine without livepatching', damaged([18, [40, 0]]), 'machine 40'],
    ['of x86 in big endian', damaged([5, [2]]), 'relocatable'],
    ['with headers outside of it', damaged([40, [0xff, 0xff, 0xff, 0xff]]), 'outside of the file'],
    ['with headers far outside of it', damaged([40, [0, 0, 0, 0, 0, 0, 0, 0x80]]), 'outside of the file'],
    ['with headers that reach past it', damaged([60, [0xfe, 0xfe]]), 'reach past the file'],
    ['without sections', damaged([60, [0, 0]]), 'out of range'],
    ['with more sections than there are indices', damaged([60, [0xff, 0xff]]), 'out of range'],
    ['with section headers of another size', damaged([58, [40, 0]]), 'wrong size'],
    ['without section names', damaged([62, [0, 0]]), 'name index'],
    ['with section names in no section', damaged([62, [0xff, 0]]), 'name index'],
    ['cut at its end', tinyModule().subarray(0, -1), 'reach past the file'],
  ])('%s', (_, bytes, message) => refused(bytes, message));

  const build = (sections: readonly ElfSection[], symbols: TinyModuleOptions['symbols'] = []): Uint8Array =>
    writeElf({ sections, symbols });
  test.each([
    ['without .modinfo', build([thisModule('x')]), '.modinfo'],
    ['with two .modinfo', build([...good, modinfo('name=x')]), 'more than one section .modinfo'],
    ['without struct module', build([modinfo('name=x', 'vermagic=6.1 ')]), 'this_module'],
    ['with two struct modules', build([...good, thisModule('x')]), 'more than one'],
    ['with two names', build([modinfo('name=x', 'vermagic=6.1 '), thisModule('y')]), 'different names'],
    [
      'with a struct module that is too short',
      build([good[0], { ...thisModule('x'), bytes: new Uint8Array(20) }]),
      'different names',
    ],
    [
      'with a struct module that is not loaded',
      build([good[0], { ...thisModule('x'), flags: 0n }]),
      'not a loaded section',
    ],
    ['without a name', build([modinfo('vermagic=6.1 '), thisModule('x')]), 'no name'],
    ['with a name twice', build([modinfo('name=x', 'name=y', 'vermagic=6.1 '), thisModule('x')]), 'more than once'],
    [
      'with vermagic twice',
      build([modinfo('name=x', 'vermagic=6.1 ', 'vermagic=6.2 '), thisModule('x')]),
      'more than once',
    ],
    ['without vermagic', build([modinfo('name=x'), thisModule('x')]), 'no vermagic'],
    ['with a path for a name', build([modinfo('name=../x', 'vermagic=6.1 '), thisModule('../x')]), 'not one'],
    [
      'with a name that is too long',
      build([modinfo(`name=${'x'.repeat(56)}`, 'vermagic=6.1 '), thisModule('x')]),
      'not one',
    ],
    ['with a .modinfo entry without a tag', build([modinfo('name=x', '=y'), thisModule('x')]), 'without a tag'],
    ['with a .modinfo that does not end', build([{ ...good[0], bytes: utf8('name=x') }, good[1]]), 'end in a NUL'],
    [
      'with a second symbol table',
      build([...good, { name: '.dynsym', type: 2, bytes: new Uint8Array() }]),
      'more than one symbol table',
    ],
    [
      'with a livepatch symbol of a wrong name',
      build([...good], [{ name: 'printk', section: 0xff20 }]),
      'incorrectly formatted',
    ],
    [
      'with a livepatch relocation section of a wrong name',
      build([...good, { name: '.rela.text', type: 4, flags: 0x10_0002n, bytes: new Uint8Array() }]),
      'wrong name',
    ],
    ['with a broken __versions', build([...good, { name: '__versions', bytes: new Uint8Array(63) }]), '__versions'],
    [
      'with half of the new versions',
      build([...good, { name: '__version_ext_crcs', bytes: new Uint8Array(4) }]),
      '__version_ext',
    ],
    [
      'with fewer names than CRCs',
      build([
        ...good,
        { name: '__version_ext_crcs', bytes: new Uint8Array(8) },
        { name: '__version_ext_names', bytes: utf8('a\0') },
      ]),
      '__version_ext_names',
    ],
  ])('%s', (_, bytes, message) => refused(bytes, message));

  test('without symbols, as after strip', () => {
    const bytes = tinyModule();
    const view = new DataView(bytes.buffer);
    const table = Number(view.getBigUint64(40, true));
    for (let index = 0; index < view.getUint16(60, true); index++) {
      if (view.getUint32(table + 64 * index + 4, true) === 2) view.setUint32(table + 64 * index + 4, 1, true);
    }
    return refused(bytes, 'stripped');
  });
});
