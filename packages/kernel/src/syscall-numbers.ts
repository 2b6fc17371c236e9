/** Numbers of the module system calls. */
export interface ModuleSyscalls {
  readonly initModule: number;
  readonly finitModule: number;
  readonly deleteModule: number;
}

// arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h (arm64, riscv64, loong64),
// arch/s390/kernel/syscalls/syscall.tbl, arch/powerpc/kernel/syscalls/syscall.tbl.
const generic: ModuleSyscalls = { initModule: 105, deleteModule: 106, finitModule: 273 };
const table: Readonly<Record<string, ModuleSyscalls>> = {
  x64: { initModule: 175, deleteModule: 176, finitModule: 313 },
  arm64: generic,
  riscv64: generic,
  loong64: generic,
  s390x: { initModule: 128, deleteModule: 129, finitModule: 344 },
  ppc64: { initModule: 128, deleteModule: 129, finitModule: 353 },
};

/** Numbers for a `process.arch`; undefined for one that is not known. Only x64 was run on a machine. */
export function moduleSyscalls(arch: string): ModuleSyscalls | undefined {
  return Object.hasOwn(table, arch) ? table[arch] : undefined;
}
