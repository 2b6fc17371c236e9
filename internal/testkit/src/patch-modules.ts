import { type ElfRela, type ElfSection, type ElfSymbol, relaBytes } from './elf-writer.ts';
import { tinyModule } from './tiny-module.ts';

const STT_OBJECT = 0x01;
const R_X86_64_64 = 1;
const alloc = 2n;

/** A string table section and the offsets of its strings. */
function strings(name: string, values: readonly string[]): { section: ElfSection; offset: (value: string) => number } {
  const text = values.map((value) => `${value}\0`).join('');
  const offset = (value: string): number => {
    const at = `\0${text}`.indexOf(`\0${value}\0`);
    if (at < 0) throw new RangeError(`no string ${value}`);
    return at;
  };
  return { section: { name, flags: alloc, bytes: new TextEncoder().encode(text) }, offset };
}

/** The symbols of a module of ours: `__this_module` is the first, these follow. */
const symbolIndex = { thisModule: 0, strings: 1, text: 2, data: 3 } as const;
const pointer = (offset: number, symbol: keyof typeof symbolIndex, addend = 0): ElfRela => ({
  offset,
  symbol: symbolIndex[symbol],
  type: R_X86_64_64,
  addend,
});

const rela = (target: string, relocations: readonly ElfRela[]): ElfSection => ({
  name: `.rela${target}`,
  type: 4,
  bytes: relaBytes(relocations),
  link: '.symtab',
  info: target,
  entrySize: 24,
  align: 8,
});

function module(
  data: ElfSection,
  relocations: ElfRela[],
  table: ElfSection,
  more: ElfSymbol[] = [],
): Uint8Array<ArrayBuffer> {
  return tinyModule({
    sections: [table, data, rela(data.name, relocations)],
    symbols: [
      { name: '', section: table.name, info: 3 },
      { name: '', section: '.text', info: 3 },
      { name: '', section: data.name, info: 3 },
      ...more,
    ],
  });
}

const u64 = (bytes: Uint8Array, offset: number, value: number): void =>
  new DataView(bytes.buffer).setBigUint64(offset, BigInt(value), true);

/** Lengths and places in {@link staticPatchModule}: those of a kernel without debugging options. */
const functionBytes = 136;
const objectBytes = 160;
const vmlinuxFunctions = 0;
const moduleFunctions = 3 * functionBytes;
const objectArray = moduleFunctions + 2 * functionBytes;
const patchStruct = objectArray + 3 * objectBytes;

const staticVariables: ElfSymbol[] = [
  ['funcs', vmlinuxFunctions, 3 * functionBytes] as const,
  ['net_funcs', moduleFunctions, 2 * functionBytes] as const,
  ['objs', objectArray, 3 * objectBytes] as const,
  ['patch', patchStruct, 64] as const,
].map(([name, value, size]) => ({
  name,
  section: '.data',
  value: BigInt(value),
  size: BigInt(size),
  info: STT_OBJECT,
}));

/**
 * A livepatch as the kernel's samples are written: `klp_func` and `klp_object` arrays and a `klp_patch`, all in `.data`. The
 * object for vmlinux has a callback, its second function a sympos.
 */
export function staticPatchModule(): Uint8Array<ArrayBuffer> {
  const { section, offset } = strings('.rodata.str', ['cmdline_proc_show', 'sys_pause', 'virtio_net', 'virtnet_poll']);
  const bytes = new Uint8Array(patchStruct + 64);
  u64(bytes, vmlinuxFunctions + functionBytes + 16, 2);
  const entry = (at: number, name: string): ElfRela[] => [
    pointer(at, 'strings', offset(name)),
    pointer(at + 8, 'text', 4),
  ];
  const relocations = [
    ...entry(vmlinuxFunctions, 'cmdline_proc_show'),
    ...entry(vmlinuxFunctions + functionBytes, 'sys_pause'),
    ...entry(moduleFunctions, 'virtnet_poll'),
    pointer(objectArray + 8, 'data', vmlinuxFunctions),
    pointer(objectArray + 16, 'text'),
    pointer(objectArray + objectBytes, 'strings', offset('virtio_net')),
    pointer(objectArray + objectBytes + 8, 'data', moduleFunctions),
    pointer(patchStruct, 'thisModule'),
    pointer(patchStruct + 8, 'data', objectArray),
  ];
  return module({ name: '.data', flags: 3n, bytes, align: 32 }, relocations, section, staticVariables);
}

/** A livepatch with kpatch-build's table `.kpatch.funcs`, with the sympos field or, as before 2015, without it. */
export function kpatchModule(options: { readonly sympos?: boolean } = {}): Uint8Array<ArrayBuffer> {
  const withSympos = options.sympos !== false;
  const entryBytes = withSympos ? 56 : 48;
  const { section, offset } = strings('.kpatch.strings', ['vmlinux', 'meminfo_proc_show', 'ext4', 'ext4_readdir']);
  const bytes = new Uint8Array(2 * entryBytes);
  if (withSympos) u64(bytes, entryBytes + 32, 3);
  const entry = (at: number, name: string, object: string): ElfRela[] => [
    pointer(at, 'text'),
    pointer(at + entryBytes - 16, 'strings', offset(name)),
    pointer(at + entryBytes - 8, 'strings', offset(object)),
  ];
  const relocations = [...entry(0, 'meminfo_proc_show', 'vmlinux'), ...entry(entryBytes, 'ext4_readdir', 'ext4')];
  return module({ name: '.kpatch.funcs', flags: alloc, bytes, align: 8 }, relocations, section);
}

/** A livepatch with the sections that klp-build leaves for the module's init. */
export function klpBuildModule(): Uint8Array<ArrayBuffer> {
  const { section, offset } = strings('.rodata.klp.str1.1', ['seq_file_show', 'kvm', 'kvm_exit']);
  const extBytes = 64;
  const objects = new Uint8Array(2 * extBytes);
  const functions = new Uint8Array(2 * 24);
  u64(functions, 24 + 16, 1);
  u64(objects, 56, 1);
  u64(objects, extBytes + 56, 1);
  const entry = (at: number, name: string): ElfRela[] => [
    pointer(at, 'strings', offset(name)),
    pointer(at + 8, 'text'),
  ];
  const functionRelocations = [...entry(0, 'seq_file_show'), ...entry(24, 'kvm_exit')];
  const objectRelocations = [
    pointer(8, 'data', 0),
    pointer(extBytes, 'strings', offset('kvm')),
    pointer(extBytes + 8, 'data', 24),
  ];
  return tinyModule({
    sections: [
      section,
      { name: '.init.klp_funcs', flags: alloc, bytes: functions, align: 8 },
      rela('.init.klp_funcs', functionRelocations),
      { name: '.init.klp_objects', flags: alloc, bytes: objects, align: 8 },
      rela('.init.klp_objects', objectRelocations),
    ],
    symbols: [
      { name: '', section: section.name, info: 3 },
      { name: '', section: '.text', info: 3 },
      { name: '', section: '.init.klp_funcs', info: 3 },
    ],
  });
}

/** One livepatch of each kind. */
export function patchModules(): Uint8Array<ArrayBuffer>[] {
  return [staticPatchModule(), kpatchModule(), klpBuildModule()];
}
