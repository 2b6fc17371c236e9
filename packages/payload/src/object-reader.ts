import type { ElfFile } from './elf.ts';
import type { SymbolTable } from './elf-symbols.ts';
import type { PatchedFunction, PatchedObject } from './module-info.ts';

/** What one reader says: `undefined` where the file is not of its kind, `unknown` where it is and cannot be read. */
export type ReaderResult = readonly PatchedObject[] | 'unknown' | undefined;

/** Reads one kind of livepatch. */
export type ObjectReader = (elf: ElfFile, symbols: SymbolTable) => ReaderResult;

/** Gathers functions by object, in the order in which objects are first seen. */
export function groupByObject(entries: readonly (PatchedFunction & { readonly object: string })[]): PatchedObject[] {
  const objects = new Map<string, PatchedFunction[]>();
  for (const { object, name, sympos } of entries) {
    const functions = objects.get(object) ?? [];
    functions.push(Object.freeze({ name, sympos }));
    objects.set(object, functions);
  }
  return [...objects].map(([name, functions]) => Object.freeze({ name, functions: Object.freeze(functions) }));
}
