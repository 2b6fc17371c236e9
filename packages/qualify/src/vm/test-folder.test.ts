import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TempFolder, tempFolder } from '@klpkit-internal/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestFolder } from './test-folder.ts';

let temp: TempFolder;
beforeEach(async () => {
  temp = await tempFolder();
});
afterEach(() => temp[Symbol.asyncDispose]());

async function put(path: string, text: string, mode = 0o755): Promise<void> {
  const file = join(temp.path, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, mode);
}

describe('a folder of tests', () => {
  it('is its executable files, and the shell that they ask for', async () => {
    await put('b.sh', '#!/bin/bash\n');
    await put('a', '#!/bin/sh\n');
    await put('notes.txt', 'not a test', 0o644);
    await put('helpers/c.sh', '#!/bin/sh\n');
    const { programs, entries, bytes } = await openTestFolder(temp.path);
    expect(programs).toEqual([
      { name: 'a', folder: '.', file: 'a' },
      { name: 'b.sh', folder: '.', file: 'b.sh' },
    ]);
    expect(entries[0]).toEqual({ kind: 'copy', from: temp.path, to: '/tests' });
    expect(entries.map(({ to }) => to)).toContain('/bin/bash');
    expect(bytes).toBe(42);
  });

  it('that kselftest installed is its list', async () => {
    await put('kselftest-list.txt', 'timers:posix_timers\nnet/forwarding:loopback.sh\n\nnonsense\n');
    await put('run_kselftest.sh', '#!/bin/sh\n');
    expect((await openTestFolder(temp.path)).programs).toEqual([
      { name: 'timers: posix_timers', folder: 'timers', file: 'posix_timers' },
      { name: 'net.forwarding: loopback.sh', folder: 'net/forwarding', file: 'loopback.sh' },
    ]);
  });

  it('without a test, with a name that could be read as a result, or absent is refused', async () => {
    const refused = { code: 'TEST_BUILD_FAILED' };
    await expect(openTestFolder(temp.path)).rejects.toMatchObject(refused);
    await put('ok 1 selftests: x # SKIP', '#!/bin/sh\n');
    await expect(openTestFolder(temp.path)).rejects.toMatchObject(refused);
    await expect(openTestFolder(join(temp.path, 'absent'))).rejects.toMatchObject(refused);
  });
});
