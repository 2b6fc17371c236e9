import { type ElfFile, readName, type Section } from './elf.ts';
import { relocationsOf, type SymbolTable } from './elf-symbols.ts';

/** Where a relocated pointer of a section points: a place in another section of the file. */
export interface Pointer {
  readonly section: Section;
  readonly offset: number;
}

/** The pointers of a section, which its relocations make. */
export interface Pointers {
  /** Offsets at which there is a relocation, in order. */
  readonly offsets: readonly number[];
  /** What the pointer at an offset points to; `undefined` for NULL and for what is not in the file. */
  at(offset: number): Pointer | undefined;
  /** Whether there is a relocation at an offset. */
  has(offset: number): boolean;
}

/** Reads the pointers that relocations put into a section. */
export function pointersOf(elf: ElfFile, symbols: SymbolTable, section: Section): Pointers {
  const relocations = relocationsOf(elf, section);
  const inside = [...relocations.keys()].filter((offset) => offset < BigInt(section.bytes.length));
  return {
    offsets: inside.map(Number).toSorted((a, b) => a - b),
    has: (offset) => relocations.has(BigInt(offset)),
    at(offset) {
      const relocation = relocations.get(BigInt(offset));
      const symbol = relocation && symbols.at(relocation.symbol);
      const target = symbol && symbol.section !== 0 ? elf.sections[symbol.section] : undefined;
      if (relocation === undefined || symbol === undefined || target === undefined) return undefined;
      const place = symbol.value + relocation.addend;
      if (place < 0n || place > BigInt(target.bytes.length)) return undefined;
      return { section: target, offset: Number(place) };
    },
  };
}

/** The string that a pointer points to; `undefined` where it is empty or does not end. */
export function stringAt(pointer: Pointer | undefined): string | undefined {
  const text = pointer && readName(pointer.section.bytes, pointer.offset);
  return text === '' ? undefined : text;
}

/** An unsigned number of 64 bits as a position among equal symbols; `undefined` where it can be none. */
export function readSympos(elf: ElfFile, section: Section, offset: number): number | undefined {
  if (offset + 8 > section.bytes.length) return undefined;
  const view = new DataView(section.bytes.buffer, section.bytes.byteOffset, section.bytes.byteLength);
  const value = view.getBigUint64(offset, elf.littleEndian);
  return value > 0xffffn ? undefined : Number(value);
}
