import { type ElfFile, type Section, sectionNamed, sectionType } from './elf.ts';
import { type Pointer, type Pointers, pointersOf, readSympos, stringAt } from './elf-pointers.ts';
import { type SymbolTable, symbolsIn } from './elf-symbols.ts';
import type { PatchedFunction, PatchedObject } from './module-info.ts';
import type { ObjectReader } from './object-reader.ts';

/** More objects than any livepatch has; keeps the search for their size short. */
const maxObjects = 256;
/** Places that point to this module and are looked at: THIS_MODULE stands in few structures. */
const maxCandidates = 16;

/** A section with its pointers and the sizes of what lies in it. */
interface Data {
  readonly section: Section;
  readonly pointers: Pointers;
  /** Sizes of the variables by offset. */
  readonly sizes: ReadonlyMap<number, number>;
}

function readData(elf: ElfFile, symbols: SymbolTable, section: Section): Data {
  const sizes = new Map<number, number>();
  for (const index of symbolsIn(elf, section.index)) {
    const symbol = symbols.at(index);
    if (symbol === undefined || symbol.size === 0n || symbol.value + symbol.size > BigInt(section.bytes.length))
      continue;
    sizes.set(Number(symbol.value), Number(symbol.size));
  }
  return { section, pointers: pointersOf(elf, symbols, section), sizes };
}

/** Offsets of the pointers in a variable, counted from its start. */
function pointersIn(data: Data, start: number, size: number): number[] {
  const { offsets } = data.pointers;
  const found: number[] = [];
  for (let index = lowerBound(offsets, start); index < offsets.length; index++) {
    const offset = offsets[index] ?? 0;
    if (offset >= start + size) break;
    found.push(offset - start);
  }
  return found;
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * `struct klp_func[]`: old_name, new_func and old_sympos come first, what follows depends on the kernel. The array ends in an
 * empty element, so its size and the number of pointers give the size of one.
 */
function readFunctions(elf: ElfFile, data: Data, start: number): PatchedFunction[] | undefined {
  const size = data.sizes.get(start);
  if (size === undefined) return undefined;
  const offsets = pointersIn(data, start, size);
  const count = offsets.length / 2;
  const stride = size / (count + 1);
  if (!Number.isInteger(count) || !Number.isInteger(stride) || stride < 24) return undefined;
  const functions: PatchedFunction[] = [];
  for (let index = 0; index < count; index++) {
    if (offsets[2 * index] !== index * stride || offsets[2 * index + 1] !== index * stride + 8) return undefined;
    const at = start + index * stride;
    const name = stringAt(data.pointers.at(at));
    const sympos = readSympos(elf, data.section, at + 16);
    if (name === undefined || sympos === undefined) return undefined;
    functions.push(Object.freeze({ name, sympos }));
  }
  return functions;
}

/** The places of pointers in a `struct klp_object`: name, funcs and four callbacks. */
const objectPointers = [0, 8, 16, 24, 32, 40];

/** `struct klp_object[]`: found by trying how many there are, since name and callbacks may be NULL. */
function objectStride(data: Data, start: number, size: number): { count: number; stride: number } | undefined {
  const offsets = pointersIn(data, start, size);
  if (offsets.length > maxObjects * objectPointers.length) return undefined;
  const present = new Set(offsets);
  const fits = (count: number): boolean => {
    const stride = size / (count + 1);
    if (!Number.isInteger(stride) || stride < 48) return false;
    if (offsets.some((offset) => offset >= count * stride || !objectPointers.includes(offset % stride))) return false;
    return Array.from({ length: count }, (_, index) => index * stride + 8).every((offset) => present.has(offset));
  };
  const limit = Math.min(offsets.length, maxObjects);
  for (let count = 1; count <= limit; count++) if (fits(count)) return { count, stride: size / (count + 1) };
  return undefined;
}

function readObjects(elf: ElfFile, data: Data, start: number): PatchedObject[] | undefined {
  const size = data.sizes.get(start);
  const shape = size === undefined ? undefined : objectStride(data, start, size);
  if (shape === undefined) return undefined;
  const objects: PatchedObject[] = [];
  for (let index = 0; index < shape.count; index++) {
    const at = start + index * shape.stride;
    const name = data.pointers.has(at) ? stringAt(data.pointers.at(at)) : 'vmlinux';
    const functions = sameSection(data, data.pointers.at(at + 8));
    const read = functions === undefined ? undefined : readFunctions(elf, data, functions.offset);
    if (name === undefined || read === undefined) return undefined;
    objects.push(Object.freeze({ name, functions: Object.freeze(read) }));
  }
  return objects;
}

const pointsTo = (pointer: Pointer | undefined, section: Section | undefined): boolean =>
  pointer !== undefined && pointer.section === section && pointer.offset === 0;

const sameSection = (data: Data, pointer: Pointer | undefined): Pointer | undefined =>
  pointer?.section === data.section ? pointer : undefined;

/**
 * Objects of a livepatch written by hand, as the kernel's samples are: a `struct klp_patch` in the data section, which begins with a
 * pointer to this module and one to the objects. Only relocations tell where it is.
 */
export const readStaticObjects: ObjectReader = (elf, symbols) => {
  const thisModule = sectionNamed(elf, '.gnu.linkonce.this_module');
  for (const section of elf.sections) {
    if (section.type !== sectionType.progbits || !section.name.startsWith('.data')) continue;
    const data = readData(elf, symbols, section);
    const candidates = data.pointers.offsets.filter((offset) => pointsTo(data.pointers.at(offset), thisModule));
    for (const offset of candidates.slice(0, maxCandidates)) {
      const objects = sameSection(data, data.pointers.at(offset + 8));
      const found = objects && readObjects(elf, data, objects.offset);
      if (found !== undefined) return found;
    }
  }
  return undefined;
};
