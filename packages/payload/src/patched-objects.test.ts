import { klpBuildModule, kpatchModule, staticPatchModule, tinyModule } from '@klpkit-internal/testkit';
import { describe, expect, test } from 'vitest';
import { inspectModule } from './index.ts';

const objectsOf = async (bytes: Uint8Array): Promise<unknown> => (await inspectModule(bytes)).objects;

/** Where a text stands in a file. */
function find(bytes: Uint8Array, text: string): number {
  return Buffer.from(bytes.buffer).indexOf(text);
}

describe('what a livepatch replaces is read', () => {
  test('from structures written by hand', async () => {
    expect(await objectsOf(staticPatchModule())).toEqual([
      {
        name: 'vmlinux',
        functions: [
          { name: 'cmdline_proc_show', sympos: 0 },
          { name: 'sys_pause', sympos: 2 },
        ],
      },
      { name: 'virtio_net', functions: [{ name: 'virtnet_poll', sympos: 0 }] },
    ]);
  });

  test("from kpatch-build's table, new and old", async () => {
    expect(await objectsOf(kpatchModule())).toEqual([
      { name: 'vmlinux', functions: [{ name: 'meminfo_proc_show', sympos: 0 }] },
      { name: 'ext4', functions: [{ name: 'ext4_readdir', sympos: 3 }] },
    ]);
    expect(await objectsOf(kpatchModule({ sympos: false }))).toMatchObject([
      { name: 'vmlinux' },
      { name: 'ext4', functions: [{ sympos: 0 }] },
    ]);
  });

  test("from klp-build's sections", async () => {
    expect(await objectsOf(klpBuildModule())).toEqual([
      { name: 'vmlinux', functions: [{ name: 'seq_file_show', sympos: 0 }] },
      { name: 'kvm', functions: [{ name: 'kvm_exit', sympos: 1 }] },
    ]);
  });
});

describe('what a livepatch replaces is unknown', () => {
  test('where the file does not tell', async () => {
    expect(await objectsOf(tinyModule())).toBe('unknown');
    expect(await objectsOf(tinyModule({ livepatch: false }))).toBe('unknown');
  });

  test('where a name is empty', async () => {
    for (const [bytes, name] of [
      [kpatchModule(), 'ext4_readdir'],
      [klpBuildModule(), 'kvm_exit'],
      [staticPatchModule(), 'virtnet_poll'],
    ] as const) {
      bytes[find(bytes, name)] = 0;
      expect(await objectsOf(bytes)).toBe('unknown');
    }
  });
});
