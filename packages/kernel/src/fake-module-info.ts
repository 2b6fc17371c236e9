/** What the fake kernel reads from a module file. */
export interface FakeModuleInfo {
  readonly name: string;
  readonly livepatch: boolean;
  /** e_machine of the ELF header. */
  readonly machine: number;
}

const elfHeaderBytes = 64;

/**
 * Reads name and livepatch mark from the bytes; undefined where they are no ELF module. Enough for modules that the verifier has
 * already read: the tags are looked for by their text, not through the section table.
 */
export function readFakeModule(bytes: Uint8Array): FakeModuleInfo | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < elfHeaderBytes || buffer.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const name = tagOf(buffer, 'name');
  if (name === undefined || !/^[A-Za-z0-9_-]{1,55}$/.test(name)) return undefined;
  const littleEndian = buffer[5] === 1;
  const machine = littleEndian ? buffer.readUInt16LE(18) : buffer.readUInt16BE(18);
  return { name, livepatch: tagOf(buffer, 'livepatch') !== undefined, machine };
}

function tagOf(buffer: Buffer, tag: string): string | undefined {
  const needle = `${tag}=`;
  for (let at = buffer.indexOf(needle); at >= 0; at = buffer.indexOf(needle, at + 1)) {
    // A tag begins its string: what is in front is the end of the string before, or of another section.
    const previous = at === 0 ? 0 : (buffer[at - 1] ?? 0);
    if (previous >= 0x21 && previous < 0x7f) continue;
    const end = buffer.indexOf(0, at);
    return buffer.toString('latin1', at + needle.length, end < 0 ? buffer.length : end);
  }
  return undefined;
}

/** e_machine by `uname -m`. */
const machines: Readonly<Record<string, number>> = { x86_64: 62, aarch64: 183, s390x: 22, ppc64le: 21, riscv64: 243 };

/** The e_machine that a kernel of that architecture takes. */
export function machineOf(arch: string): number | undefined {
  return Object.hasOwn(machines, arch) ? machines[arch] : undefined;
}
