import type { ElfFile } from './elf.ts';
import type { SymbolTable } from './elf-symbols.ts';
import type { PatchedObject } from './module-info.ts';

export function readPatchedObjects(_elf: ElfFile, _symbols: SymbolTable): readonly PatchedObject[] | 'unknown' {
  return 'unknown';
}
