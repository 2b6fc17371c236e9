import {
  type ElfFile,
  readElf,
  readName,
  sectionFlag,
  sectionIndexLivepatch,
  sectionNamed,
  sectionType,
} from './elf.ts';
import { readSymbols, type SymbolTable, symbolsIn } from './elf-symbols.ts';
import { VerifyError } from './error.ts';
import { readModinfo, readIdentity } from './modinfo.ts';
import type { LivepatchSymbol, ModuleInfo } from './module-info.ts';
import { readPatchedObjects } from './patched-objects.ts';
import { readSymbolVersions } from './symbol-versions.ts';

/** `struct module` begins with `state` and `list`; then comes `char name[]` (include/linux/module.h, on 64 bits). */
const structNameOffset = 24;
const malformed = (message: string): VerifyError => new VerifyError('MALFORMED_MODULE', message);

/** The name that the kernel registers is the one in `struct module`; `.modinfo` must say the same. */
function checkStructName(elf: ElfFile, name: string): void {
  const section = sectionNamed(elf, '.gnu.linkonce.this_module');
  if (section === undefined) throw malformed('there is no section .gnu.linkonce.this_module');
  if (section.type !== sectionType.progbits || (section.flags & sectionFlag.alloc) === 0n) {
    throw malformed('.gnu.linkonce.this_module is not a loaded section');
  }
  if (readName(section.bytes, structNameOffset) !== name) {
    throw malformed('.modinfo and struct module give different names');
  }
}

const klpRelaSection = /^\.klp\.rela\.(?<object>[^.]{1,55})\.(?<section>.+)$/;
const klpSymbol = /^\.klp\.sym\.(?<object>[^.]{1,55})\.(?<name>[^,]{1,511}),(?<sympos>\d{1,9})$/;

/** Objects of livepatch relocation sections (Documentation/livepatch/module-elf-format.rst). */
function readRelocatedObjects(elf: ElfFile): string[] {
  const objects = new Set<string>();
  for (const section of elf.sections) {
    if ((section.flags & sectionFlag.relaLivepatch) === 0n) continue;
    const object = klpRelaSection.exec(section.name)?.groups?.['object'];
    if (object === undefined || section.type !== sectionType.rela) {
      throw malformed(`livepatch relocation section ${section.name} has a wrong name or type`);
    }
    objects.add(object);
  }
  return [...objects];
}

function readLivepatchSymbols(elf: ElfFile, symbols: SymbolTable): LivepatchSymbol[] {
  return symbolsIn(elf, sectionIndexLivepatch).map((index) => {
    const groups = klpSymbol.exec(symbols.at(index)?.name ?? '')?.groups;
    const { object, name } = groups ?? {};
    if (object === undefined || name === undefined)
      throw malformed('a livepatch symbol has an incorrectly formatted name');
    return Object.freeze({ object, name, sympos: Number(groups?.['sympos']) });
  });
}

/** Reads what a module says of itself; `bytes` are those before the signature. */
export function readModuleInfo(bytes: Uint8Array): ModuleInfo {
  const elf = readElf(bytes);
  const modinfoSection = sectionNamed(elf, '.modinfo');
  if (modinfoSection === undefined) throw malformed('there is no section .modinfo');
  const modinfo = readModinfo(modinfoSection.bytes);
  const { name, vermagic } = readIdentity(modinfo);
  checkStructName(elf, name);
  const symbols = readSymbols(elf);
  const livepatch = modinfo.has('livepatch');
  const { hasVersions, symbolVersions } = readSymbolVersions(elf);
  return {
    name,
    vermagic,
    livepatch,
    arch: elf.arch,
    license: modinfo.get('license')?.[0] ?? null,
    depends: Object.freeze((modinfo.get('depends')?.[0] ?? '').split(',').filter((entry) => entry !== '')),
    modinfo,
    hasVersions,
    symbolVersions,
    relocatedObjects: Object.freeze(readRelocatedObjects(elf)),
    livepatchSymbols: Object.freeze(readLivepatchSymbols(elf, symbols)),
    objects: livepatch ? readPatchedObjects(elf, symbols) : 'unknown',
  };
}
