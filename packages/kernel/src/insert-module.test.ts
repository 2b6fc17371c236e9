import { signTestModule, type TempFolder, tempFolder, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { insertModule, isKernelError, type KernelError, type ModuleLoader, removeModule } from '@klpkit/kernel';
import { createFakeKernel, type FakeKernel } from '@klpkit/kernel/testing';
import { parseTrust, type VerifiedModule, verifyModule } from '@klpkit/payload';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errnoError, errnoOf } from './errno.ts';
import { insertRefusal, removeRefusal } from './refusal.ts';

let folder: TempFolder;
let kernel: FakeKernel;
let module: VerifiedModule;

async function verified(name: string, livepatch = true): Promise<VerifiedModule> {
  const authority = testAuthority();
  const trust = await parseTrust({ certificates: [authority.certificateDer] });
  return verifyModule(await signTestModule(tinyModule({ name, livepatch }), authority), { trust, sha256: null });
}

beforeEach(async () => {
  folder = await tempFolder();
  kernel = await createFakeKernel({ folder: folder.path });
  module = await verified('lp_one');
});

afterEach(async () => {
  await kernel.close();
  await folder[Symbol.asyncDispose]();
});

const failureOf = async (call: Promise<void>): Promise<KernelError> => {
  const error: unknown = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isKernelError(error)) throw new Error(`a KernelError was to come, not ${String(error)}`);
  return error;
};

/** A loader that never gets as far as the kernel, and says what it was asked. */
function spy(answer: () => Promise<void>): ModuleLoader & { calls: { bytes: Uint8Array; params: string }[] } {
  const calls: { bytes: Uint8Array; params: string }[] = [];
  return {
    calls,
    insert: (bytes, params) => {
      calls.push({ bytes, params });
      return answer();
    },
    remove: answer,
  };
}

describe('what is refused before the kernel is touched', () => {
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a string', 'lp_one'],
    ['an object of the same shape', { name: 'lp_one', livepatch: true, toBytes: () => new Uint8Array() }],
  ])('%s is not verified', async (_, value) => {
    const loader = spy(async () => undefined);
    const error = await failureOf(insertModule(value as VerifiedModule, { root: kernel.root, loader }));
    expect(error.code).toBe('NOT_VERIFIED');
    expect(loader.calls).toEqual([]);
  });

  test('a module that is no livepatch', async () => {
    const plain = await verified('plain', false);
    const loader = spy(async () => undefined);
    expect((await failureOf(insertModule(plain, { root: kernel.root, loader }))).code).toBe('NOT_A_LIVEPATCH');
    expect(loader.calls).toEqual([]);
  });

  test.each([
    { params: 'a=\0' },
    { params: 'x'.repeat(4097) },
    { deadlineMs: 0 },
    { deadlineMs: Number.NaN },
    { deadlineMs: 4e6 },
  ])('%j is out of range', async (options) => {
    const loader = spy(async () => undefined);
    const error = await failureOf(insertModule(module, { root: kernel.root, loader, ...options }));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(loader.calls).toEqual([]);
  });

  test('an aborted signal: its reason, untouched', async () => {
    const reason = { why: 'shutdown' };
    const loader = spy(async () => undefined);
    const call = insertModule(module, { root: kernel.root, loader, signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toBe(reason);
    expect(loader.calls).toEqual([]);
  });

  test('a name that is stuck in coming', async () => {
    kernel.setCourse({ kind: 'oopses-in-init' });
    const { root, loader } = kernel;
    expect((await failureOf(insertModule(module, { root, loader }))).code).toBe('INSERTER_DIED');
    const error = await failureOf(insertModule(module, { root, loader }));
    expect(error.code).toBe('NAME_STUCK');
    expect(error.path).toContain('lp_one/initstate');
    await kernel.reboot();
    kernel.setCourse({ kind: 'applies' });
    await insertModule(module, { root, loader });
  });
});

describe('what the kernel is given', () => {
  test('the verified bytes and the parameters', async () => {
    const loader = spy(async () => undefined);
    await insertModule(module, { root: kernel.root, loader, params: 'debug=1' });
    expect(loader.calls).toEqual([{ bytes: module.toBytes(), params: 'debug=1' }]);
  });

  test('an abort during the insertion undoes nothing: the answer is the kernel’s', async () => {
    const stop = new AbortController();
    const loader = spy(async () => stop.abort(new Error('too late')));
    await insertModule(module, { root: kernel.root, loader, signal: stop.signal });
  });
});

describe('what the kernel answers', () => {
  const { EKEYREJECTED, EBADMSG } = { EKEYREJECTED: 129, EBADMSG: 74 };

  test.each([
    [errnoError(EKEYREJECTED, 'init_module'), 'KEY_REJECTED', 'EKEYREJECTED'],
    [{ errno: EBADMSG }, 'SIGNATURE_MALFORMED', 'EBADMSG'],
    [{ errno: 'ENOEXEC' }, 'WRONG_FORMAT', 'ENOEXEC'],
    [Object.assign(new Error('node'), { errno: -1, code: 'EPERM' }), 'PERMISSION_DENIED', 'EPERM'],
    [{ errno: 2 }, 'UNKNOWN_SYMBOL', 'ENOENT'],
    [{ errno: 12 }, 'OUT_OF_MEMORY', 'ENOMEM'],
    [{ errno: 16 }, 'BUSY', 'EBUSY'],
    [{ errno: 17 }, 'ALREADY_LOADED', 'EEXIST'],
    [{ errno: 19 }, 'REJECTED', 'ENODEV'],
    [{ errno: 22 }, 'REJECTED', 'EINVAL'],
    [{ errno: 38 }, 'NOT_SUPPORTED', 'ENOSYS'],
    [{ errno: 126 }, 'KEY_REJECTED', 'ENOKEY'],
    [{ errno: 4095 }, 'REJECTED', 'errno 4095'],
  ])('%o is %s', async (cause, code, errno) => {
    const loader = spy(() => Promise.reject(cause));
    const error = await failureOf(insertModule(module, { root: kernel.root, loader }));
    expect(error).toMatchObject({ code, errno, cause });
    expect(error.message).toMatch(new RegExp(`^\\[${code}\\] .+\\.$`));
  });

  test("carries the kernel's line, the first that speaks of the refusal", async () => {
    const loader = spy(async () => {
      kernel.log('lp_one: tainting kernel with TAINT_LIVEPATCH', 5);
      kernel.log('lp_one: Unknown symbol forged (err -2)', 4, 1); // a program wrote it
      kernel.log('eth0: link is up', 6);
      kernel.log('lp_one: disagrees about version of symbol printk', 4);
      kernel.log('lp_one: Unknown symbol printk (err -22)', 4);
      throw errnoError(22, 'init_module');
    });
    const error = await failureOf(insertModule(module, { root: kernel.root, loader }));
    expect(error.kernelLine).toBe('lp_one: disagrees about version of symbol printk');
    expect(error.message).toContain(error.kernelLine);
  });

  test('a tampered module has no line; an older line is not taken for one', async () => {
    kernel.log('Loading of unsigned module is rejected', 5);
    kernel.setCourse({ kind: 'rejects', errno: 'EKEYREJECTED' });
    const error = await failureOf(insertModule(module, { root: kernel.root, loader: kernel.loader }));
    expect(error.code).toBe('KEY_REJECTED');
    expect(error).not.toHaveProperty('kernelLine');
  });

  test('an unreadable log takes the line only', async () => {
    kernel.setCourse({ kind: 'rejects', errno: 'EINVAL', kernelLine: 'livepatch: symbol not found' });
    const root = { ...kernel.root, kmsg: `${folder.path}/no-such-kmsg` };
    const error = await failureOf(insertModule(module, { root, loader: kernel.loader }));
    expect(error).toMatchObject({ code: 'REJECTED', errno: 'EINVAL' });
    expect(error).not.toHaveProperty('kernelLine');
  });
});

describe('when there is no answer', () => {
  test('silence is INSERTER_HUNG at the deadline, and the loader is told that nobody waits', async () => {
    kernel.setCourse({ kind: 'hangs-in-init' });
    const { root, loader } = kernel;
    const error = await failureOf(insertModule(module, { root, loader, deadlineMs: 50 }));
    expect(error.code).toBe('INSERTER_HUNG');
    expect((await failureOf(insertModule(module, { root, loader }))).code).toBe('NAME_STUCK');
  });

  test('a death that the loader saw comes at once, with the first line of the fault', async () => {
    kernel.setCourse({ kind: 'oopses-in-init' });
    const error = await failureOf(insertModule(module, { root: kernel.root, loader: kernel.loader }));
    expect(error).toMatchObject({
      code: 'INSERTER_DIED',
      kernelLine: 'BUG: kernel NULL pointer dereference, address: 0000000000000000',
    });
  });

  test('a death that nobody saw is INSERTER_HUNG', async () => {
    kernel.setCourse({ kind: 'oopses-in-init', seen: false });
    const { root, loader } = kernel;
    expect((await failureOf(insertModule(module, { root, loader, deadlineMs: 50 }))).code).toBe('INSERTER_HUNG');
  });

  test('a process that died after the module went live has loaded it', async () => {
    const loader = spy(async () => {
      await kernel.loader.insert(module.toBytes(), '');
      throw Object.assign(new Error('killed by somebody'), { died: true });
    });
    await insertModule(module, { root: kernel.root, loader });
  });

  test('but not where the name was live before', async () => {
    await kernel.loader.insert(module.toBytes(), '');
    const loader = spy(() => Promise.reject(Object.assign(new Error('killed'), { died: true })));
    expect((await failureOf(insertModule(module, { root: kernel.root, loader }))).code).toBe('INSERTER_DIED');
  });

  test('an inserter that never called the kernel is INSERTER_FAILED', async () => {
    const loader = spy(() => Promise.reject(Object.assign(new Error('no koffi'), { died: false })));
    const error = await failureOf(insertModule(module, { root: kernel.root, loader }));
    expect(error.code).toBe('INSERTER_FAILED');
    expect(error.message).toContain('no koffi');
  });

  test('after the deadline the proof that the kernel was never asked still counts', async () => {
    const loader: ModuleLoader = {
      insert: (_bytes, _params, signal) =>
        new Promise((_, reject) => {
          const ended = Object.assign(new Error('ended before its call'), { died: false });
          signal?.addEventListener('abort', () => reject(ended));
        }),
      remove: async () => undefined,
    };
    const error = await failureOf(insertModule(module, { root: kernel.root, loader, deadlineMs: 20 }));
    expect(error.code).toBe('INSERTER_FAILED');
  });

  test('and so does a late word of the kernel', async () => {
    const late = (answer: () => Promise<void>): ModuleLoader => ({
      insert: async (_bytes, _params, signal) => {
        await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
        return answer();
      },
      remove: async () => undefined,
    });
    const insert = (loader: ModuleLoader): Promise<void> =>
      insertModule(module, { root: kernel.root, loader, deadlineMs: 20 });
    await insert(late(async () => undefined));
    expect((await failureOf(insert(late(() => Promise.reject(errnoError(22, 'init_module')))))).code).toBe('REJECTED');
  });

  test('a machine that goes down in the middle gives IO, as everything on it does', async () => {
    kernel.setCourse({ kind: 'panics', afterMs: 0 });
    expect((await failureOf(insertModule(module, { root: kernel.root, loader: kernel.loader }))).code).toBe('IO');
  });
});

describe('removeModule', () => {
  const cases = [
    [2, 'NOT_LOADED'],
    [11, 'BUSY'],
    [16, 'NAME_STUCK'],
    [1, 'PERMISSION_DENIED'],
    [38, 'NOT_SUPPORTED'],
    [5, 'REJECTED'],
  ] as const;
  test.each(cases)('errno %i is %s', async (errno, code) => {
    const loader = spy(() => Promise.reject(errnoError(errno, 'delete_module')));
    expect((await failureOf(removeModule('lp_one', { root: kernel.root, loader }))).code).toBe(code);
  });

  test.each([true, false])('a process that ended, died: %s', async (died) => {
    const loader = spy(() => Promise.reject(Object.assign(new Error('ended'), { died })));
    const code = died ? 'INSERTER_DIED' : 'INSERTER_FAILED';
    expect((await failureOf(removeModule('lp_one', { root: kernel.root, loader }))).code).toBe(code);
  });

  test.each(['', '.', '..', '../x', 'a/b', 'a b', 'a\0', 'x'.repeat(56), 'lp\n'])(
    '%j is no module name',
    async (name) => {
      const loader = spy(async () => undefined);
      expect((await failureOf(removeModule(name, { root: kernel.root, loader }))).code).toBe('INVALID_ARGUMENT');
    },
  );
});

test('every errno of the loader has a sentence with a next step', () => {
  const names =
    'EPERM ENOENT EINTR EIO EFBIG EINVAL ETXTBSY ENOEXEC EBADF ENOMEM EFAULT EBUSY EEXIST ENODEV EBADMSG ENOPKG ENOKEY';
  for (const name of [...names.split(' '), 'EKEYREJECTED', 'EOPNOTSUPP', 'EACCES', 'ENOSYS']) {
    const error = insertRefusal('lp_x', name, undefined, undefined);
    expect(error.message.length).toBeGreaterThan(60);
    expect(error.errno).toBe(name);
    expect(removeRefusal('lp_x', name, undefined).message).toContain('lp_x');
  }
});

test.each<[unknown, string | undefined]>([
  [undefined, undefined],
  ['EPERM', undefined],
  [{}, undefined],
  [{ errno: 0 }, undefined],
  [{ errno: 1.5 }, undefined],
  [{ errno: 'whatever' }, undefined],
  [{ code: 'ERR_INVALID_ARG_TYPE' }, undefined],
  [{ errno: -13, code: 'EACCES' }, 'EACCES'],
  [{ errno: 129 }, 'EKEYREJECTED'],
  [{ code: '__proto__' }, undefined],
])('the errno of %o is %s', (value, errno) => {
  expect(errnoOf(value)).toBe(errno);
});
