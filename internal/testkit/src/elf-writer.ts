/** Byte orders and `e_machine` numbers by `uname -m` (elf.h). */
const machines = {
  x86_64: { machine: 62, littleEndian: true },
  aarch64: { machine: 183, littleEndian: true },
  s390x: { machine: 22, littleEndian: false },
  ppc64le: { machine: 21, littleEndian: true },
} as const;

/** `uname -m` of a machine that the writer knows. */
export type ElfArch = keyof typeof machines;

/** A section to be written. */
export interface ElfSection {
  readonly name: string;
  /** `sh_type`; SHT_PROGBITS (1) if left out. */
  readonly type?: number;
  /** `sh_flags`. */
  readonly flags?: bigint;
  readonly bytes: Uint8Array;
  /** `sh_link` by section name. */
  readonly link?: string;
  /** `sh_info` by section name, or a number. */
  readonly info?: string | number;
  readonly entrySize?: number;
  readonly align?: number;
}

/** A symbol to be written. */
export interface ElfSymbol {
  readonly name: string;
  /** Section name, or a reserved index such as SHN_LIVEPATCH. */
  readonly section: string | number;
  readonly value?: bigint;
  readonly size?: bigint;
  /** `st_info`: binding << 4 | type; global NOTYPE if left out. */
  readonly info?: number;
}

/** A relocation with addend to be written. */
export interface ElfRela {
  readonly offset: number;
  /** Index into the symbols as given, counted from 0. */
  readonly symbol: number;
  readonly type: number;
  readonly addend: number;
}

const headerSize = 64;
const sectionHeaderSize = 64;

/** Joins byte arrays. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A string table: starts with a NUL, gives the offset of each name. */
function stringTable(): { add(name: string): number; bytes(): Uint8Array } {
  const encoder = new TextEncoder();
  let table: Uint8Array = new Uint8Array(1);
  return {
    add(name) {
      if (name === '') return 0;
      const at = table.length;
      table = concat(table, encoder.encode(`${name}\0`));
      return at;
    },
    bytes: () => table,
  };
}

/** Bytes of a `.rela` section; symbol 0 of the file is the null symbol, so indices go up by one. */
export function relaBytes(relocations: readonly ElfRela[], arch: ElfArch = 'x86_64'): Uint8Array {
  const view = new DataView(new ArrayBuffer(relocations.length * 24));
  const le = machines[arch].littleEndian;
  for (const [index, rela] of relocations.entries()) {
    view.setBigUint64(index * 24, BigInt(rela.offset), le);
    view.setBigUint64(index * 24 + 8, (BigInt(rela.symbol + 1) << 32n) | BigInt(rela.type), le);
    view.setBigInt64(index * 24 + 16, BigInt(rela.addend), le);
  }
  return new Uint8Array(view.buffer);
}

function symbolTable(
  symbols: readonly ElfSymbol[],
  sectionIndex: (name: string) => number,
  le: boolean,
): { symtab: Uint8Array; strtab: Uint8Array } {
  const names = stringTable();
  const view = new DataView(new ArrayBuffer((symbols.length + 1) * 24));
  for (const [index, symbol] of symbols.entries()) {
    const at = (index + 1) * 24;
    view.setUint32(at, names.add(symbol.name), le);
    view.setUint8(at + 4, symbol.info ?? 0x10);
    view.setUint16(at + 6, typeof symbol.section === 'number' ? symbol.section : sectionIndex(symbol.section), le);
    view.setBigUint64(at + 8, symbol.value ?? 0n, le);
    view.setBigUint64(at + 16, symbol.size ?? 0n, le);
  }
  return { symtab: new Uint8Array(view.buffer), strtab: names.bytes() };
}

function elfHeader(arch: ElfArch, sectionOffset: number, sectionCount: number): Uint8Array {
  const { machine, littleEndian: le } = machines[arch];
  const view = new DataView(new ArrayBuffer(headerSize));
  // e_ident: magic, ELFCLASS64, byte order, EV_CURRENT.
  new Uint8Array(view.buffer).set([0x7f, 0x45, 0x4c, 0x46, 2, le ? 1 : 2, 1]);
  view.setUint16(16, 1, le); // ET_REL
  view.setUint16(18, machine, le);
  view.setUint32(20, 1, le); // EV_CURRENT
  view.setBigUint64(40, BigInt(sectionOffset), le);
  view.setUint16(52, headerSize, le);
  view.setUint16(58, sectionHeaderSize, le);
  view.setUint16(60, sectionCount, le);
  view.setUint16(62, sectionCount - 1, le); // .shstrtab is the last one
  return new Uint8Array(view.buffer);
}

/** Section bytes at their alignment, and where each one begins. */
function layOut(sections: readonly ElfSection[]): { parts: Uint8Array[]; offsets: number[]; end: number } {
  const parts: Uint8Array[] = [];
  const offsets: number[] = [];
  let at = headerSize;
  for (const section of sections) {
    const padding = -at & ((section.align ?? 1) - 1);
    parts.push(new Uint8Array(padding), section.bytes);
    offsets.push(at + padding);
    at += padding + section.bytes.length;
  }
  const padding = -at & 7;
  parts.push(new Uint8Array(padding));
  return { parts, offsets, end: at + padding };
}

/**
 * Writes an ELF64 relocatable file: header, the sections in the order given (after the null section), `.symtab`, `.strtab`,
 * `.shstrtab`, and the section headers at the end. Every byte is ours, so that a test can say what a wrong one does.
 */
export function writeElf(input: {
  readonly arch?: ElfArch;
  readonly sections: readonly ElfSection[];
  readonly symbols?: readonly ElfSymbol[];
}): Uint8Array<ArrayBuffer> {
  const arch = input.arch ?? 'x86_64';
  const le = machines[arch].littleEndian;
  const order = ['', ...input.sections.map((section) => section.name), '.symtab', '.strtab', '.shstrtab'];
  const indexOf = (name: string): number => {
    const index = order.indexOf(name, 1);
    if (index < 0) throw new RangeError(`no section ${name}`);
    return index;
  };
  const { symtab, strtab } = symbolTable(input.symbols ?? [], indexOf, le);
  const names = stringTable();
  const nameOffsets = order.map((name) => names.add(name));
  const sections: ElfSection[] = [
    ...input.sections,
    { name: '.symtab', type: 2, bytes: symtab, link: '.strtab', info: 1, entrySize: 24, align: 8 },
    { name: '.strtab', type: 3, bytes: strtab },
    { name: '.shstrtab', type: 3, bytes: names.bytes() },
  ];
  const { parts, offsets, end } = layOut(sections);
  const headers = sections.map((section, index) =>
    sectionHeader(section, { name: nameOffsets[index + 1] ?? 0, offset: offsets[index] ?? 0, le, indexOf }),
  );
  return concat(elfHeader(arch, end, order.length), ...parts, new Uint8Array(sectionHeaderSize), ...headers);
}

function sectionHeader(
  section: ElfSection,
  place: { name: number; offset: number; le: boolean; indexOf: (name: string) => number },
): Uint8Array {
  const { le, indexOf } = place;
  const view = new DataView(new ArrayBuffer(sectionHeaderSize));
  view.setUint32(0, place.name, le);
  view.setUint32(4, section.type ?? 1, le);
  view.setBigUint64(8, section.flags ?? 0n, le);
  view.setBigUint64(24, BigInt(place.offset), le);
  view.setBigUint64(32, BigInt(section.bytes.length), le);
  view.setUint32(40, section.link === undefined ? 0 : indexOf(section.link), le);
  view.setUint32(44, typeof section.info === 'string' ? indexOf(section.info) : (section.info ?? 0), le);
  view.setBigUint64(48, BigInt(section.align ?? 1), le);
  view.setBigUint64(56, BigInt(section.entrySize ?? 0), le);
  return new Uint8Array(view.buffer);
}
