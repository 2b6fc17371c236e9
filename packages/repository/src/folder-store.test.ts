import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TempFolder, tempFolder } from '@klpkit-internal/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFolderStore } from './index.ts';
import { storeCompliance } from './store-compliance.fixture.ts';

let temp: TempFolder;
beforeEach(async () => {
  temp = await tempFolder();
});
afterEach(() => temp[Symbol.asyncDispose]());

describe('a folder', () => {
  storeCompliance(() => createFolderStore(join(temp.path, 'store')));

  test('is left without temporary files when a write fails', async () => {
    const store = createFolderStore(temp.path);
    await mkdir(join(temp.path, 'taken/name'), { recursive: true });
    await expect(store.put('taken', new Uint8Array([1]))).rejects.toMatchObject({ code: 'IO' });
    expect(await readdir(temp.path)).toEqual(['taken']);
  });

  test.skipIf(process.getuid?.() === 0)('that is read-only says so', async () => {
    await chmod(temp.path, 0o500);
    await expect(createFolderStore(temp.path).put('a', new Uint8Array())).rejects.toMatchObject({ code: 'IO' });
  });
});
