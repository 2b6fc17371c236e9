import { constants } from 'node:fs';
import type { InsertMethod } from './inserter-protocol.ts';
import type { ModuleLoader } from './options.ts';
import { moduleSyscalls } from './syscall-numbers.ts';
import { loaderOf, requireSyscalls } from './syscall-loader.ts';

/**
 * The module system calls by koffi, in the calling process and thread: an oops in the module's init kills that thread and leaves
 * the process undead. Use {@link createInserter}, which runs this in a process of its own, unless the caller is one.
 *
 * @example
 * ```ts
 * import { createKoffiLoader } from '@klpkit/kernel';
 *
 * const loader = await createKoffiLoader({ method: { kind: 'init_module' } });
 * await loader.remove('livepatch_cve_2026_0001');
 * ```
 */
export async function createKoffiLoader(options: { readonly method?: InsertMethod } = {}): Promise<ModuleLoader> {
  const numbers = requireSyscalls(moduleSyscalls(process.arch), process.arch);
  const { default: koffi } = await import('koffi'); // 4 MB and a native addon: only where a call is made
  const libc = koffi.load(null);
  // Integer and pointer arguments need no variadic calling convention on any architecture of the table.
  const init = libc.func('long syscall(long number, const void *image, unsigned long size, const char *params)');
  const finit = libc.func('long syscall(long number, long descriptor, const char *params, long flags)');
  const remove = libc.func('long syscall(long number, const char *name, long flags)');
  const result = (value: unknown): number => (Number(value) === -1 ? koffi.errno() : 0);
  return loaderOf(
    {
      initModule: (bytes, params) => result(init(numbers.initModule, bytes, bytes.length, params)),
      finitModule: (descriptor, params) => result(finit(numbers.finitModule, descriptor, params, 0)),
      deleteModule: (name) => result(remove(numbers.deleteModule, name, constants.O_NONBLOCK)),
    },
    options.method ?? { kind: 'init_module' },
  );
}
