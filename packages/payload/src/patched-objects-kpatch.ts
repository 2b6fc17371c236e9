import { sectionNamed } from './elf.ts';
import { pointersOf, readSympos, stringAt } from './elf-pointers.ts';
import { groupByObject, type ObjectReader } from './object-reader.ts';

/**
 * `struct kpatch_patch_func` (kpatch, kmod/patch/kpatch-patch.h): new_addr, new_size, old_addr, old_size, then, since 2015, sympos,
 * then name and objname; eight bytes each.
 */
const layouts = [
  { entryBytes: 56, sympos: 32, name: 40, object: 48 },
  { entryBytes: 48, sympos: undefined, name: 32, object: 40 },
] as const;

/** Functions in kpatch-build's table `.kpatch.funcs`. */
export const readKpatchObjects: ObjectReader = (elf, symbols) => {
  const section = sectionNamed(elf, '.kpatch.funcs');
  if (section === undefined) return undefined;
  const pointers = pointersOf(elf, symbols, section);
  const layout = layouts.find(({ entryBytes, name, object }) => {
    const count = section.bytes.length / entryBytes;
    // Three pointers an entry: the new function, the name, the object.
    return (
      Number.isInteger(count) && pointers.offsets.length === 3 * count && pointers.has(name) && pointers.has(object)
    );
  });
  if (layout === undefined) return 'unknown';
  const entries = [];
  for (let at = 0; at < section.bytes.length; at += layout.entryBytes) {
    const name = stringAt(pointers.at(at + layout.name));
    const object = stringAt(pointers.at(at + layout.object));
    const sympos = layout.sympos === undefined ? 0 : readSympos(elf, section, at + layout.sympos);
    if (name === undefined || object === undefined || sympos === undefined) return 'unknown';
    entries.push({ object, name, sympos });
  }
  return groupByObject(entries);
};
