import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signTestModule, type TempFolder, tempFolder, testAuthority, tinyModule } from '@klpkit-internal/testkit';
import { createFakeKernel, type FakeKernel } from '@klpkit/kernel/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunOutcome, runIn } from '../run-in.fixture.ts';

let temp: TempFolder;
let machine: TempFolder;
let kernel: FakeKernel;

beforeEach(async () => {
  temp = await tempFolder();
  machine = await tempFolder();
  kernel = await createFakeKernel({ folder: machine.path });
  const authority = testAuthority('rsa-2048');
  const other = testAuthority('p-256');
  const files: Record<string, Uint8Array | string> = {
    'cert.pem': authority.certificate,
    'lp.ko': await signTestModule(tinyModule({ name: 'lp' }), authority),
    'old.ko': await signTestModule(tinyModule({ name: 'lp', release: '6.1.0-55-amd64' }), authority),
    'foreign.ko': await signTestModule(tinyModule({ name: 'lp' }), other),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(temp.path, name), content);
});

afterEach(async () => {
  await kernel.close();
  await temp[Symbol.asyncDispose]();
  await machine[Symbol.asyncDispose]();
});

async function klpkit(...words: string[]): Promise<RunOutcome> {
  return runIn(temp.path, words, { kernel: { root: kernel.root, loader: kernel.loader } });
}

const json = async (...words: string[]): Promise<unknown> => {
  const { exit, out } = await klpkit(...words, '--json');
  return { exit, ...(JSON.parse(out) as object) };
};

describe('a livepatch by hand', () => {
  test('preflight, load, status, unload', async () => {
    expect(await json('preflight', 'lp.ko')).toEqual({ exit: 0, ok: true, reasons: [] });
    expect(await json('load', 'lp.ko', '--cert', 'cert.pem')).toEqual({
      exit: 0,
      ok: true,
      name: 'lp',
      state: 'patched',
    });
    expect(await json('status')).toEqual({
      exit: 0,
      release: '6.1.0-56-amd64',
      arch: 'x86_64',
      livepatch: true,
      patches: [{ name: 'lp', enabled: true, transition: false, stackOrder: null, replace: null }],
      blocked: [],
      counters: { tainted: 36864, oops: 0, warn: 0 },
      bootId: kernel.bootId,
    });
    expect(await json('preflight', 'lp.ko')).toMatchObject({
      exit: 1,
      ok: false,
      reasons: [{ code: 'ALREADY_LOADED' }],
    });
    expect(await json('unload', 'lp')).toEqual({ exit: 0, ok: true, name: 'lp', state: 'absent' });
    expect(kernel.modules).toEqual([]);
  });

  test('reads for a person', async () => {
    expect(await klpkit('load', 'lp.ko', '--cert', 'cert.pem')).toEqual({
      exit: 0,
      out: 'lp is loaded and applied\n',
      rows: [],
      err: '',
    });
    const { out } = await klpkit('status');
    expect(out).toContain('patch       lp: enabled\n');
    expect(out).toContain('taint       OK (36864)\n');
  });
});

describe('refusals', () => {
  test('of the kernel: code, errno and its own line', async () => {
    kernel.setCourse({ kind: 'rejects', errno: 'ENOENT', kernelLine: 'lp: Unknown symbol foo (err -2)' });
    expect(await json('load', 'lp.ko', '--cert', 'cert.pem')).toMatchObject({
      exit: 1,
      ok: false,
      code: 'UNKNOWN_SYMBOL',
      errno: 'ENOENT',
      kernelLine: 'lp: Unknown symbol foo (err -2)',
    });
    const { exit, out, err } = await klpkit('load', 'lp.ko', '--cert', 'cert.pem');
    expect([exit, out]).toEqual([1, '']);
    expect(err).toMatch(/^klpkit: module lp was refused \(ENOENT\): .+\[UNKNOWN_SYMBOL\]\n$/);
  });

  test('of the verifier, and of a module that is for another kernel: nothing is loaded', async () => {
    expect(await json('load', 'foreign.ko', '--cert', 'cert.pem')).toMatchObject({
      exit: 1,
      ok: false,
      code: 'UNTRUSTED_SIGNER',
    });
    expect(await json('load', 'old.ko', '--cert', 'cert.pem')).toMatchObject({
      exit: 1,
      ok: false,
      code: 'WRONG_RELEASE',
    });
    expect(kernel.modules).toEqual([]);
  });

  test('a stall is told with who holds it, and unload takes the patch out', async () => {
    kernel.setCourse({ kind: 'stalls', tasks: [{ comm: 'postgres' }] });
    const answer = await json('load', 'lp.ko', '--cert', 'cert.pem', '--wait', '0.3');
    expect(answer).toMatchObject({
      exit: 1,
      ok: false,
      code: 'STALLED',
      message: expect.stringContaining('postgres (1000)'),
    });
    expect(await json('status')).toMatchObject({ blocked: [{ pid: 1000, tid: 1000, comm: 'postgres' }] });
    expect(await json('unload', 'lp')).toMatchObject({ exit: 0, ok: true, state: 'absent' });
  });

  test('of an unload of what is not there', async () => {
    expect(await json('unload', 'lp')).toMatchObject({ exit: 1, ok: false, code: 'NOT_LOADED', errno: 'ENOENT' });
  });
});

describe('wrong use', () => {
  test.each([
    ['a name that is none', ['unload', '../x'], 'USAGE'],
    ['no certificate', ['load', 'lp.ko'], 'USAGE'],
    ['a wait that is none', ['load', 'lp.ko', '--cert', 'cert.pem', '--wait', 'soon'], 'USAGE'],
    ['no such file', ['load', 'no.ko', '--cert', 'cert.pem'], 'IO'],
    ['no such file to look at', ['preflight', 'no.ko'], 'IO'],
  ])('%s', async (_, words, code) => {
    expect(await json(...words)).toMatchObject({ exit: 2, ok: false, code });
  });
});
