import { VerifyError } from './error.ts';

/** A section of an ELF file; its bytes are known to lie in the file. */
export interface Section {
  readonly name: string;
  readonly index: number;
  readonly type: number;
  readonly flags: bigint;
  readonly bytes: Uint8Array;
  readonly link: number;
  readonly info: number;
}

/** An ELF64 relocatable file, as far as a module is concerned. */
export interface ElfFile {
  /** `uname -m`. */
  readonly arch: string;
  readonly littleEndian: boolean;
  /** By index; the first one is the null section. */
  readonly sections: readonly Section[];
}

/** Section types and reserved indices (include/uapi/linux/elf.h). */
export const sectionType = { progbits: 1, symtab: 2, strtab: 3, rela: 4, nobits: 8 } as const;
export const sectionFlag = { alloc: 2n, relaLivepatch: 0x0010_0000n } as const;
export const sectionIndexLivepatch = 0xff20;

const headerBytes = 64;
const sectionHeaderBytes = 64;
const typeRelocatable = 1;
/** Reserved section indices begin here: a module has fewer sections. */
const maxSections = 0xff00;
/** `e_machine` of the architectures that have livepatching, and the byte order that Linux uses there. */
const architectures = new Map<string, string>([
  ['62 little', 'x86_64'],
  ['183 little', 'aarch64'],
  ['22 big', 's390x'],
  ['21 little', 'ppc64le'],
  ['21 big', 'ppc64'],
  ['243 little', 'riscv64'],
  ['258 little', 'loongarch64'],
]);

const malformed = (message: string, offset?: number): VerifyError =>
  new VerifyError('MALFORMED_MODULE', message, { offset });

interface Header {
  readonly arch: string;
  readonly littleEndian: boolean;
  readonly tableOffset: number;
  readonly count: number;
  readonly namesIndex: number;
}

/** An offset or size of 64 bits that must lie in the file. */
function readSize(view: DataView, at: number, littleEndian: boolean): number {
  const value = view.getBigUint64(at, littleEndian);
  if (value > BigInt(view.byteLength)) throw malformed('an offset or size lies outside of the file', at);
  return Number(value);
}

function readHeader(bytes: Uint8Array, view: DataView): Header {
  if (bytes.length < headerBytes || view.getUint32(0) !== 0x7f45_4c46) throw malformed('not an ELF file', 0);
  if (bytes[4] !== 2) throw malformed('not a 64-bit ELF file', 4);
  if (bytes[5] !== 1 && bytes[5] !== 2) throw malformed('unknown ELF byte order', 5);
  if (bytes[6] !== 1) throw malformed('unknown ELF version', 6);
  const littleEndian = bytes[5] === 1;
  if (view.getUint16(16, littleEndian) !== typeRelocatable) throw malformed('not a relocatable ELF file', 16);
  const machine = view.getUint16(18, littleEndian);
  const arch = architectures.get(`${machine} ${littleEndian ? 'little' : 'big'}`);
  if (arch === undefined) throw malformed(`ELF machine ${machine} is not one of a kernel with livepatching`, 18);
  if (view.getUint16(58, littleEndian) !== sectionHeaderBytes)
    throw malformed('ELF section headers have a wrong size', 58);
  const tableOffset = readSize(view, 40, littleEndian);
  const count = view.getUint16(60, littleEndian);
  const namesIndex = view.getUint16(62, littleEndian);
  if (count === 0 || count >= maxSections) throw malformed('ELF section count is out of range', 60);
  if (tableOffset + count * sectionHeaderBytes > bytes.length)
    throw malformed('ELF section headers reach past the file', 40);
  if (namesIndex === 0 || namesIndex >= count) throw malformed('ELF section name index is out of range', 62);
  return { arch, littleEndian, tableOffset, count, namesIndex };
}

/** A string table ends in a NUL, so that every name in it ends (the kernel checks the same). */
export function checkStringTable(section: Section): void {
  if (section.type !== sectionType.strtab || section.bytes.at(-1) !== 0) {
    throw malformed('an ELF string table does not end in a NUL', section.bytes.byteOffset);
  }
}

const decoder = new TextDecoder('latin1');
/** Longer names than this are no kernel's (KSYM_NAME_LEN is 512). */
const maxNameBytes = 4096;

/** A NUL-terminated name out of a table, `undefined` where it does not end in it. */
export function readName(table: Uint8Array, offset: number): string | undefined {
  if (offset >= table.length) return undefined;
  const end = table.indexOf(0, offset);
  if (end < 0 || end - offset > maxNameBytes) return undefined;
  return decoder.decode(table.subarray(offset, end));
}

function sectionBytes(bytes: Uint8Array, view: DataView, at: number, header: Header): Uint8Array {
  const type = view.getUint32(at + 4, header.littleEndian);
  // The null section and .bss have nothing in the file.
  if (type === 0 || type === sectionType.nobits) return bytes.subarray(0, 0);
  const offset = readSize(view, at + 24, header.littleEndian);
  const size = readSize(view, at + 32, header.littleEndian);
  if (offset + size > bytes.length) throw malformed('an ELF section reaches past the file', at + 24);
  return bytes.subarray(offset, offset + size);
}

/** Reads the section table of an ELF64 relocatable file; every section is known to lie in the file afterwards. */
export function readElf(bytes: Uint8Array): ElfFile {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(bytes, view);
  const { littleEndian, tableOffset } = header;
  const unnamed = Array.from({ length: header.count }, (_, index) => {
    const at = tableOffset + index * sectionHeaderBytes;
    return {
      index,
      nameOffset: view.getUint32(at, littleEndian),
      type: view.getUint32(at + 4, littleEndian),
      flags: view.getBigUint64(at + 8, littleEndian),
      bytes: sectionBytes(bytes, view, at, header),
      link: view.getUint32(at + 40, littleEndian),
      info: view.getUint32(at + 44, littleEndian),
    };
  });
  if (unnamed[0]?.type !== 0) throw malformed('the first ELF section is not the null section', tableOffset);
  const names = unnamed[header.namesIndex];
  if (names === undefined) throw malformed('ELF section name index is out of range', 62);
  checkStringTable({ ...names, name: '' });
  const sections = unnamed.map(({ nameOffset, ...section }) => {
    const name = readName(names.bytes, nameOffset);
    if (name === undefined)
      throw malformed('an ELF section has no name', tableOffset + section.index * sectionHeaderBytes);
    return { ...section, name };
  });
  return { arch: header.arch, littleEndian, sections };
}

/** The one section of a name; several are refused, none is `undefined`. */
export function sectionNamed(elf: ElfFile, name: string): Section | undefined {
  const found = elf.sections.filter((section) => section.name === name);
  if (found.length > 1) throw malformed(`there is more than one section ${name}`);
  return found[0];
}
