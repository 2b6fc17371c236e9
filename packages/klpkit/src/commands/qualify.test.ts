import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TempFolder, tempFolder, tinyModule } from '@klpkit-internal/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runIn } from '../run-in.fixture.ts';

let temp: TempFolder;
beforeEach(async () => {
  temp = await tempFolder();
  await writeFile(join(temp.path, 'lp.ko'), tinyModule({ name: 'lp' }));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  await writeFile(join(temp.path, 'rsa.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
});
afterEach(() => temp[Symbol.asyncDispose]());

async function qualify(...words: string[]): Promise<unknown> {
  const { exit, rows } = await runIn(temp.path, ['qualify', ...words, '--json']);
  return { exit, ...rows[0] };
}

/** What it does in machines is tested on real kernels, in vm/. */
describe('klpkit qualify', () => {
  const kernel = ['--kernel', 'kernel', '--out', 'out'];

  it.each([
    [['lp.ko', '--out', 'out'], 'USAGE', 'kernel'],
    [['lp.ko', '--kernel', 'kernel'], 'USAGE', 'out'],
    [['nothing.ko', ...kernel], 'IO', 'nothing.ko'],
    [['lp.ko', ...kernel, '--runs', '1'], 'USAGE', '--runs'],
    [['lp.ko', ...kernel, '--runs', 'many'], 'USAGE', '--runs'],
    [['lp.ko', ...kernel, '--tests', 'nowhere'], 'IO', 'nowhere'],
    [['lp.ko', ...kernel, '--key', 'rsa.pem'], 'USAGE', '--cert'],
    [['lp.ko', ...kernel, '--evidence-key', 'rsa.pem'], 'USAGE', 'Ed25519'],
    [['lp.ko', ...kernel, '--evidence-key', 'lp.ko'], 'IO', 'lp.ko'],
    [['lp.ko', '--kernel', 'kernel', '--out', 'lp.ko'], 'IO', 'lp.ko'],
  ])('%j is wrong use, told before anything long is begun', async (words, code, message) => {
    expect(await qualify(...words)).toMatchObject({
      exit: 2,
      ok: false,
      code,
      message: expect.stringContaining(message),
    });
  });

  it('a kernel that is nowhere is told with what can be named', async () => {
    await writeFile(join(temp.path, 'kernel'), 'no tarball');
    expect(await qualify('lp.ko', ...kernel)).toMatchObject({
      exit: 2,
      ok: false,
      code: 'IO',
      detail: 'KERNEL_NOT_FOUND',
    });
    expect(await qualify('lp.ko', '--kernel', './absent.deb', '--out', 'out')).toMatchObject({
      exit: 2,
      detail: 'KERNEL_NOT_FOUND',
    });
  });
});
