import { type ElfArch, type ElfSection, type ElfSymbol, writeElf } from './elf-writer.ts';

/** What a {@link tinyModule} says of itself. Everything has a default. */
export interface TinyModuleOptions {
  /** Module name; default `livepatch_test`. */
  readonly name?: string;
  /** Default: `release` with Debian's usual words. */
  readonly vermagic?: string;
  /** `uname -r` for the default vermagic; default `6.1.0-56-amd64`. */
  readonly release?: string;
  /** Marked as a livepatch; default true. */
  readonly livepatch?: boolean;
  /** Default `GPL`. */
  readonly license?: string;
  readonly depends?: readonly string[];
  readonly arch?: ElfArch;
  /** `__versions`, as MODVERSIONS writes it. */
  readonly versions?: readonly { readonly name: string; readonly crc: number }[];
  /** Further `.modinfo` entries, `tag=value`. */
  readonly modinfo?: readonly string[];
  readonly sections?: readonly ElfSection[];
  readonly symbols?: readonly ElfSymbol[];
  /** The file is filled up to this many bytes (a multiple of 8); default: no filling. */
  readonly size?: number;
}

const SHF_WRITE = 1n;
const SHF_ALLOC = 2n;
const SHF_EXECINSTR = 4n;
const littleEndianArch = (arch: ElfArch): boolean => arch !== 's390x';

/** `struct modversion_info`: an unsigned long and a name of 56 bytes (include/linux/module.h). */
function versionsSection(versions: NonNullable<TinyModuleOptions['versions']>, arch: ElfArch): ElfSection {
  const bytes = new Uint8Array(versions.length * 64);
  const view = new DataView(bytes.buffer);
  for (const [index, { name, crc }] of versions.entries()) {
    view.setBigUint64(index * 64, BigInt(crc), littleEndianArch(arch));
    bytes.set(new TextEncoder().encode(name).subarray(0, 55), index * 64 + 8);
  }
  return { name: '__versions', flags: SHF_ALLOC, bytes, align: 8 };
}

/** `struct module` begins with state, list and `char name[56]`, which is all that is written here. */
function thisModuleSection(name: string): ElfSection {
  const bytes = new Uint8Array(0x100);
  bytes.set(new TextEncoder().encode(name).subarray(0, 55), 24);
  return { name: '.gnu.linkonce.this_module', flags: SHF_ALLOC | SHF_WRITE, bytes, align: 64 };
}

function modinfoLines(options: TinyModuleOptions, name: string): string[] {
  const vermagic = options.vermagic ?? `${options.release ?? '6.1.0-56-amd64'} SMP preempt mod_unload modversions `;
  return [
    ...(options.livepatch === false ? [] : ['livepatch=Y']),
    `license=${options.license ?? 'GPL'}`,
    ...(options.modinfo ?? []),
    `depends=${(options.depends ?? []).join(',')}`,
    `name=${name}`,
    `vermagic=${vermagic}`,
  ];
}

/**
 * The smallest module file that is well-formed to a reader: ELF64, relocatable, with `.modinfo`, `.gnu.linkonce.this_module` and a
 * symbol table. It cannot be loaded (no init, a `struct module` of no kernel's size), which is the point: a test that inserts it
 * anywhere but into a fake has a bug.
 */
export function tinyModule(options: TinyModuleOptions = {}): Uint8Array<ArrayBuffer> {
  const name = options.name ?? 'livepatch_test';
  const arch = options.arch ?? 'x86_64';
  const build = (fill: number): Uint8Array<ArrayBuffer> =>
    writeElf({
      arch,
      sections: [
        // 0x90 is nop: filling that is neither zeros nor random.
        { name: '.text', flags: SHF_ALLOC | SHF_EXECINSTR, bytes: new Uint8Array(16).fill(0x90) },
        {
          name: '.modinfo',
          flags: SHF_ALLOC,
          bytes: new TextEncoder().encode(
            modinfoLines(options, name)
              .map((line) => `${line}\0`)
              .join(''),
          ),
        },
        ...(options.versions === undefined ? [] : [versionsSection(options.versions, arch)]),
        thisModuleSection(name),
        ...(options.sections ?? []),
        ...(fill === 0 ? [] : [{ name: '.fill', bytes: new Uint8Array(fill).fill(0x90) }]),
      ],
      symbols: [
        { name: '__this_module', section: '.gnu.linkonce.this_module', info: 0x11, size: 0x100n },
        ...(options.symbols ?? []),
      ],
    });
  if (options.size === undefined) return build(0);
  const fill = options.size - build(8).length + 8;
  if (fill <= 0)
    throw new RangeError(`a tiny module needs ${options.size - fill} bytes, ${options.size} were asked for`);
  const file = build(fill);
  if (file.length !== options.size) throw new RangeError(`${options.size} is not a multiple of 8`);
  return file;
}
