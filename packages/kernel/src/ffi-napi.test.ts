import { createFfiNapiLoader, type FfiNapi } from '@klpkit/kernel/ffi-napi';
import { describe, expect, test } from 'vitest';
import { moduleSyscalls } from './syscall-numbers.ts';

const numbers = moduleSyscalls(process.arch);

/** The shape of ffi-napi, answering by the call's number. */
function shape(errno: number): { ffi: FfiNapi; calls: unknown[][] } {
  const calls: unknown[][] = [];
  const syscall = (...args: unknown[]): number => {
    calls.push(args);
    return errno === 0 ? 0 : -1;
  };
  return { calls, ffi: { Library: () => ({ syscall }), errno: () => errno } };
}

describe('the ffi-napi adapter', () => {
  test('calls init_module with the bytes themselves, and delete_module without waiting', async () => {
    const { ffi, calls } = shape(0);
    const loader = createFfiNapiLoader(ffi);
    const bytes = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
    await loader.insert(bytes, 'a=1');
    await loader.remove('lp_x');
    expect(calls).toEqual([
      [numbers?.initModule, Buffer.from([1, 2, 3]), 3, 'a=1'],
      [numbers?.deleteModule, 'lp_x', 0o4000],
    ]);
    expect(calls[0]?.[1]).toHaveProperty('buffer', bytes.buffer);
  });

  test('rejects with the errno of the call', async () => {
    const loader = createFfiNapiLoader(shape(129).ffi);
    await expect(loader.insert(new Uint8Array(1), '')).rejects.toMatchObject({ errno: 129, code: 'EKEYREJECTED' });
    await expect(loader.remove('lp_x')).rejects.toMatchObject({ errno: 129 });
  });

  test('a module that is not ffi-napi is refused at once', () => {
    expect(() => createFfiNapiLoader({ Library: () => ({}), errno: () => 0 })).toThrow('ffi-napi');
  });
});
