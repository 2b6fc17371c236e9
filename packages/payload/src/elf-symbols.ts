import { checkStringTable, type ElfFile, readName, type Section, sectionType } from './elf.ts';
import { VerifyError } from './error.ts';

const symbolBytes = 24;
const relaBytes = 24;

/** A symbol; its name is read when it is asked for. */
export interface ElfSymbol {
  readonly name: string;
  /** Section index, or a reserved one. */
  readonly section: number;
  readonly value: bigint;
  readonly size: bigint;
}

/** The symbol table of a module. */
export interface SymbolTable {
  readonly length: number;
  at(index: number): ElfSymbol | undefined;
}

/** A relocation with addend. */
export interface Relocation {
  readonly offset: bigint;
  readonly symbol: number;
  readonly addend: bigint;
}

const malformed = (message: string, section: Section): VerifyError =>
  new VerifyError('MALFORMED_MODULE', message, { offset: section.bytes.byteOffset });

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The one symbol table that a module must have ("module has no symbols (stripped?)"). */
export function readSymbols(elf: ElfFile): SymbolTable {
  const [table, ...more] = elf.sections.filter((section) => section.type === sectionType.symtab);
  if (table === undefined) throw new VerifyError('MALFORMED_MODULE', 'the module has no symbol table (stripped?)');
  if (more.length > 0) throw malformed('the module has more than one symbol table', table);
  const strings = elf.sections[table.link];
  if (strings === undefined || table.bytes.length % symbolBytes !== 0)
    throw malformed('the symbol table is broken', table);
  checkStringTable(strings);
  const view = viewOf(table.bytes);
  const le = elf.littleEndian;
  const length = table.bytes.length / symbolBytes;
  return {
    length,
    at(index) {
      if (index >= length) return undefined;
      const base = index * symbolBytes;
      const name = readName(strings.bytes, view.getUint32(base, le));
      if (name === undefined) throw malformed(`symbol ${index} has no name`, table);
      return {
        name,
        section: view.getUint16(base + 6, le),
        value: view.getBigUint64(base + 8, le),
        size: view.getBigUint64(base + 16, le),
      };
    },
  };
}

/** Indices of the symbols that stand in a section (or under a reserved index), without reading any name. */
export function symbolsIn(elf: ElfFile, sectionIndex: number): number[] {
  const table = elf.sections.find((section) => section.type === sectionType.symtab);
  if (table === undefined) return [];
  const view = viewOf(table.bytes);
  const found: number[] = [];
  for (let base = 0; base + symbolBytes <= table.bytes.length; base += symbolBytes) {
    if (view.getUint16(base + 6, elf.littleEndian) === sectionIndex) found.push(base / symbolBytes);
  }
  return found;
}

/** The relocations that apply to a section, by offset. */
export function relocationsOf(elf: ElfFile, target: Section): Map<bigint, Relocation> {
  const found = new Map<bigint, Relocation>();
  for (const section of elf.sections) {
    if (section.type !== sectionType.rela || section.info !== target.index) continue;
    const view = viewOf(section.bytes);
    for (let base = 0; base + relaBytes <= section.bytes.length; base += relaBytes) {
      const offset = view.getBigUint64(base, elf.littleEndian);
      const symbol = Number(view.getBigUint64(base + 8, elf.littleEndian) >> 32n);
      found.set(offset, { offset, symbol, addend: view.getBigInt64(base + 16, elf.littleEndian) });
    }
  }
  return found;
}
