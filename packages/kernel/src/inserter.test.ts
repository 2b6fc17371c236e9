import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tempFolder } from '@klpkit-internal/testkit';
import { createInserter, createKoffiLoader, systemClock } from '@klpkit/kernel';
import { describe, expect, test } from 'vitest';
import { inserterEnvironment } from './inserter.ts';
import { encodeRequest, parseAnswer } from './inserter-protocol.ts';
import { moduleSyscalls } from './syscall-numbers.ts';

const url = (name: string): string => new URL(`../fixtures/${name}.mjs`, import.meta.url).href;
const answering = createInserter({ loaderModule: url('answering') });
const bytes = new Uint8Array([1, 2, 3]);

const outcomeOf = (call: Promise<void>): Promise<unknown> =>
  call.then(
    () => 'done',
    (error: unknown) => error,
  );

describe('the environment of the inserter', () => {
  const caller = {
    NODE_COMPILE_CACHE: '/tmp/cache',
    NODE_OPTIONS: '--import=/tmp/evil.mjs',
    LD_PRELOAD: '/tmp/evil.so',
  };

  test('as shipped is empty: no folder that an environment names gives it code', () => {
    expect(inserterEnvironment(new URL('file:///usr/lib/klp/inserter-main.js'), caller)).toEqual({});
  });

  test('from source is the compile cache alone, and nothing where there is none', () => {
    const source = new URL('file:///src/inserter-main.ts');
    expect(inserterEnvironment(source, caller)).toEqual({ NODE_COMPILE_CACHE: '/tmp/cache' });
    expect(inserterEnvironment(source, {})).toEqual({});
  });
});

describe('the inserter process', () => {
  test('says that the call came back', async () => {
    await answering.insert(bytes, 'done');
    await answering.remove('done');
  });

  test('hands over every byte', async () => {
    const large = new Uint8Array(1_000_000);
    large[999_999] = 7;
    await answering.insert(large, 'sums');
  });

  test('passes the errno on', async () => {
    expect(await outcomeOf(answering.insert(bytes, 'refused'))).toMatchObject({ errno: 129, code: 'EKEYREJECTED' });
    expect(await outcomeOf(answering.remove('refused'))).toMatchObject({ errno: 129 });
  });

  test('tells a bug of the loader from a refusal of the kernel', async () => {
    const error = await outcomeOf(answering.insert(bytes, 'broken'));
    expect(error).toMatchObject({ died: false, message: 'inserter: a loader with a bug' });
    expect(error).not.toHaveProperty('errno');
  });

  test.each(['exits', 'killed'])('a process that %s inside the call has died', async (how) => {
    expect(await outcomeOf(answering.insert(bytes, how))).toMatchObject({ died: true });
  });

  test('what is no answer on its output is passed over', async () => {
    expect(await outcomeOf(answering.insert(bytes, 'noisy'))).toBe('done');
  });

  test('a process that ends before the call has touched nothing', async () => {
    const missing = createInserter({ loaderModule: url('no-such-file') });
    expect(await outcomeOf(missing.insert(bytes, 'done'))).toMatchObject({ died: false });
    const none = createInserter({ loaderModule: url('none') });
    expect(await outcomeOf(none.insert(bytes, 'done'))).toMatchObject({ died: false });
    const nowhere = createInserter({ program: new URL('file:///no/such/program.js') });
    expect(await outcomeOf(nowhere.insert(bytes, 'done'))).toMatchObject({ died: false });
  });

  test('a dead thread in a living process is seen, and the process ended', async () => {
    const deadly = createInserter({ loaderModule: url('thread-death') });
    expect(await outcomeOf(deadly.insert(bytes, ''))).toMatchObject({ died: true });
  });

  test('a call that hangs is pending until its signal, which ends the process', async () => {
    await using folder = await tempFolder();
    const stop = new AbortController();
    const mark = `${folder.path}/called`;
    let settled = false;
    const call = outcomeOf(answering.insert(bytes, `hangs ${mark}`, stop.signal)).finally(() => (settled = true));
    while (!existsSync(mark)) await systemClock.sleep(10);
    await systemClock.sleep(50);
    expect(settled).toBe(false);
    stop.abort();
    expect(await call).toMatchObject({ died: true });
  });

  test('a process that is ended before its call has touched nothing', async () => {
    const stop = new AbortController();
    const call = outcomeOf(answering.insert(bytes, 'done', stop.signal));
    stop.abort();
    expect(await call).toMatchObject({ died: false });
  });
});

describe('koffi', () => {
  const here = createKoffiLoader();

  test.runIf(process.platform === 'linux')('gives the errno of the call itself', async () => {
    // A name that no module has: ENOENT, or EPERM without the right, or ENOSYS without modules.
    const loader = await here;
    expect(['ENOENT', 'EPERM', 'ENOSYS']).toContain(
      await loader.remove('klpkit_no_such_module').then(
        () => 'done',
        (error: { code: string }) => error.code,
      ),
    );
    expect(['ENOEXEC', 'EPERM', 'ENOSYS']).toContain(
      await loader.insert(new Uint8Array(16), '').then(
        () => 'done',
        (error: { code: string }) => error.code,
      ),
    );
  });

  test('the private file of finit_module is gone afterwards', async () => {
    await using folder = await tempFolder();
    const loader = await createKoffiLoader({ method: { kind: 'finit_module', folder: folder.path } });
    await expect(loader.insert(bytes, '')).rejects.toMatchObject({ errno: expect.any(Number) });
    expect(await readdir(folder.path)).toEqual([]);
  });
});

describe('the protocol', () => {
  test.each([
    '',
    'null',
    '[]',
    '"done"',
    '{}',
    '{"kind":"doneish"}',
    '{"kind":"refused"}',
    '{"kind":"refused","errno":0}',
    '{"kind":"refused","errno":1.5}',
    '{"kind":"failed"}',
    '{"kind":"done"',
  ])('%j is no answer', (line) => {
    expect(parseAnswer(line)).toBeUndefined();
  });

  test('a request is its length, its header', () => {
    const frame = encodeRequest({ call: 'remove', name: 'x', size: 0, loaderModule: null });
    expect(new DataView(frame.buffer).getUint32(0, true)).toBe(frame.length - 4);
    expect(JSON.parse(new TextDecoder().decode(frame.subarray(4)))).toMatchObject({ call: 'remove', name: 'x' });
  });
});

test('numbers are known for the architectures that the kernel can livepatch', () => {
  for (const arch of ['x64', 'arm64', 's390x', 'ppc64']) expect(moduleSyscalls(arch)).toBeDefined();
  for (const arch of ['ia32', 'mips', '__proto__', 'toString']) expect(moduleSyscalls(arch)).toBeUndefined();
});
