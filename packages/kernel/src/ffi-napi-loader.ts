import { constants } from 'node:fs';
import type { InsertMethod } from './inserter-protocol.ts';
import type { ModuleLoader } from './options.ts';
import { loaderOf, requireSyscalls } from './syscall-loader.ts';
import { moduleSyscalls } from './syscall-numbers.ts';

/** What is used of the `ffi-napi` module (4.0.3). */
export interface FfiNapi {
  /** Declares functions of a library; `null` is the process itself. */
  Library(
    name: string | null,
    functions: Record<string, readonly [string, readonly string[]]>,
  ): Record<string, (...args: never[]) => unknown>;
  /** errno of the last synchronous call. After an asynchronous one it is not to be trusted, hence there are none here. */
  errno(): number;
}

/** Options of {@link createFfiNapiLoader}. */
export interface FfiNapiOptions {
  /** Default `{ kind: 'init_module' }`. */
  readonly method?: InsertMethod;
}

type Syscall = (number: number, ...args: readonly (number | string | Uint8Array)[]) => unknown;

/**
 * A {@link ModuleLoader} on the caller's `ffi-napi`. It blocks the calling thread, so it belongs into the inserter process: name
 * a module that exports it by default.
 *
 * @example
 * ```ts
 * // my-loader.js, named by `createInserter({ loaderModule: import.meta.resolve('./my-loader.js') })`
 * import { createFfiNapiLoader, type FfiNapi } from '@klpkit/kernel/ffi-napi';
 *
 * declare const ffi: FfiNapi; // import ffi from 'ffi-napi'
 * export default createFfiNapiLoader(ffi);
 * ```
 */
export function createFfiNapiLoader(ffi: FfiNapi, options: FfiNapiOptions = {}): ModuleLoader {
  const numbers = requireSyscalls(moduleSyscalls(process.arch), process.arch);
  const declare = (types: readonly string[]): Syscall => {
    const { syscall } = ffi.Library(null, { syscall: ['long', ['long', ...types]] });
    if (syscall === undefined) throw new Error('ffi-napi gave no syscall function');
    return syscall as Syscall;
  };
  const init = declare(['pointer', 'ulong', 'string']);
  const finit = declare(['long', 'string', 'long']);
  const remove = declare(['string', 'long']);
  const result = (value: unknown): number => (Number(value) === -1 ? ffi.errno() : 0);
  return loaderOf(
    {
      // A pointer argument must be a Buffer: a view on the same memory, not a copy.
      initModule: (bytes, params) =>
        result(
          init(numbers.initModule, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), bytes.length, params),
        ),
      finitModule: (descriptor, params) => result(finit(numbers.finitModule, descriptor, params, 0)),
      deleteModule: (name) => result(remove(numbers.deleteModule, name, constants.O_NONBLOCK)),
    },
    options.method ?? { kind: 'init_module' },
  );
}
