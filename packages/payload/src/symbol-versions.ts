import { type ElfFile, readName, sectionNamed } from './elf.ts';
import { VerifyError } from './error.ts';
import type { SymbolVersion } from './module-info.ts';

/** `struct modversion_info`: an unsigned long and a name of 56 bytes. */
const entryBytes = 64;
const nameOffset = 8;

const malformed = (section: string): VerifyError => new VerifyError('MALFORMED_MODULE', `${section} is broken`);

function readTable(elf: ElfFile, bytes: Uint8Array): SymbolVersion[] {
  if (bytes.length % entryBytes !== 0) throw malformed('__versions');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / entryBytes }, (_, index) => {
    const at = index * entryBytes;
    const crc = view.getBigUint64(at, elf.littleEndian);
    const name = readName(bytes.subarray(at, at + entryBytes), nameOffset);
    if (name === undefined || crc > 0xffff_ffffn) throw malformed('__versions');
    return { name, crc: Number(crc) };
  });
}

/** `__version_ext_crcs` (u32 each) and `__version_ext_names` (NUL-terminated), for names over 55 bytes (since 6.14). */
function readExtended(elf: ElfFile, crcs: Uint8Array, names: Uint8Array): SymbolVersion[] {
  if (crcs.length % 4 !== 0) throw malformed('__version_ext_crcs');
  const view = new DataView(crcs.buffer, crcs.byteOffset, crcs.byteLength);
  let at = 0;
  return Array.from({ length: crcs.length / 4 }, (_, index) => {
    const name = readName(names, at);
    if (name === undefined) throw malformed('__version_ext_names');
    at += name.length + 1;
    return { name, crc: view.getUint32(index * 4, elf.littleEndian) };
  });
}

/** CRCs of the imported symbols, from both forms. */
export function readSymbolVersions(elf: ElfFile): { hasVersions: boolean; symbolVersions: readonly SymbolVersion[] } {
  const table = sectionNamed(elf, '__versions');
  const crcs = sectionNamed(elf, '__version_ext_crcs');
  const names = sectionNamed(elf, '__version_ext_names');
  if ((crcs === undefined) !== (names === undefined))
    throw malformed('__version_ext_crcs without __version_ext_names, or the reverse');
  const symbolVersions = [
    ...(table === undefined ? [] : readTable(elf, table.bytes)),
    ...(crcs === undefined || names === undefined ? [] : readExtended(elf, crcs.bytes, names.bytes)),
  ];
  return { hasVersions: table !== undefined || crcs !== undefined, symbolVersions: Object.freeze(symbolVersions) };
}
