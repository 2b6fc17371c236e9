import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { readKernelInfo } from '@klpkit/kernel';
import { settle, unload } from '../guest/steps.ts';
import { insertCompressed } from '../guest/syscalls.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  series: ['6.12'], // Debian's 6.1 has no decompressor for modules
  async run(guest) {
    assert.equal((await readKernelInfo()).moduleCompression, 'xz');
    const insert = async (packing: 'xz' | 'xz-crc64'): Promise<void> => {
      await using file = await open(`/lab/modules/${packing}/klpkit_cmdline_1.ko`);
      insertCompressed(file.fd);
    };
    // The kernel's decompressor knows CRC32 alone; ours takes both, and hands over what it made of them.
    await assert.rejects(insert('xz-crc64'), { code: 'EINVAL' });
    await guest.verified('klpkit_cmdline_1', 'xz');
    await insert('xz');
    guest.defer(() => unload('klpkit_cmdline_1'));
    assert.equal((await settle(guest, 'klpkit_cmdline_1')).kind, 'patched');
  },
} satisfies GuestScenario;
