import { type ElfFile, type Section, sectionNamed } from './elf.ts';
import { type Pointers, pointersOf, readSympos, stringAt } from './elf-pointers.ts';
import type { SymbolTable } from './elf-symbols.ts';
import type { PatchedFunction, PatchedObject } from './module-info.ts';
import type { ObjectReader } from './object-reader.ts';

/** `struct klp_object_ext` (include/linux/livepatch_external.h): name, funcs, callbacks of 40 bytes, nr_funcs, padding. */
const objectBytes = 64;
const objectFuncs = 8;
const objectCount = 56;
/** `struct klp_func_ext`: old_name, new_func, sympos. */
const functionBytes = 24;
const functionSympos = 16;

function readFunctions(
  elf: ElfFile,
  section: Section,
  pointers: Pointers,
  range: { start: number; count: number },
): PatchedFunction[] | undefined {
  const functions: PatchedFunction[] = [];
  if (range.start + range.count * functionBytes > section.bytes.length) return undefined;
  for (let index = 0; index < range.count; index++) {
    const at = range.start + index * functionBytes;
    const name = stringAt(pointers.at(at));
    const sympos = readSympos(elf, section, at + functionSympos);
    if (name === undefined || sympos === undefined) return undefined;
    functions.push(Object.freeze({ name, sympos }));
  }
  return functions;
}

function readObjects(elf: ElfFile, symbols: SymbolTable, section: Section): readonly PatchedObject[] | undefined {
  const view = new DataView(section.bytes.buffer, section.bytes.byteOffset, section.bytes.byteLength);
  const pointers = pointersOf(elf, symbols, section);
  const objects: PatchedObject[] = [];
  let funcsOf: { section: Section; pointers: Pointers } | undefined;
  for (let at = 0; at < section.bytes.length; at += objectBytes) {
    const start = pointers.at(at + objectFuncs);
    if (start === undefined) return undefined;
    if (funcsOf?.section !== start.section) {
      funcsOf = { section: start.section, pointers: pointersOf(elf, symbols, start.section) };
    }
    const count = view.getUint32(at + objectCount, elf.littleEndian);
    const functions = readFunctions(elf, start.section, funcsOf.pointers, { start: start.offset, count });
    // A NULL name is vmlinux.
    const name = pointers.has(at) ? stringAt(pointers.at(at)) : 'vmlinux';
    if (functions === undefined || name === undefined) return undefined;
    objects.push(Object.freeze({ name, functions: Object.freeze(functions) }));
  }
  return objects;
}

/** Objects in the sections that klp-build (objtool klp diff, 6.19) leaves for the module's init; `__klp_objects` in its drafts. */
export const readKlpBuildObjects: ObjectReader = (elf, symbols) => {
  const section = sectionNamed(elf, '.init.klp_objects') ?? sectionNamed(elf, '__klp_objects');
  if (section === undefined) return undefined;
  if (section.bytes.length % objectBytes !== 0) return 'unknown';
  return readObjects(elf, symbols, section) ?? 'unknown';
};
