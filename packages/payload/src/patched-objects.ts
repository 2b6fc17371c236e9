import type { ElfFile } from './elf.ts';
import type { SymbolTable } from './elf-symbols.ts';
import type { PatchedObject } from './module-info.ts';
import type { ObjectReader } from './object-reader.ts';
import { readKlpBuildObjects } from './patched-objects-klp-build.ts';
import { readKpatchObjects } from './patched-objects-kpatch.ts';
import { readStaticObjects } from './patched-objects-static.ts';

/** Each tool that builds livepatches leaves the list of functions in a form of its own. */
const readers: readonly ObjectReader[] = [readKlpBuildObjects, readKpatchObjects, readStaticObjects];

/**
 * Which objects and functions a livepatch replaces, where the file tells: klp-build's sections, kpatch-build's table, or `klp_func`
 * arrays in the data section. A file that tells in none of these ways is `unknown`, and so is one that tells nothing.
 */
export function readPatchedObjects(elf: ElfFile, symbols: SymbolTable): readonly PatchedObject[] | 'unknown' {
  for (const read of readers) {
    const found = read(elf, symbols);
    if (found !== undefined) return found.length === 0 ? 'unknown' : found;
  }
  return 'unknown';
}
