import assert from 'node:assert/strict';
import { insertModule } from '@klpkit/kernel';
import { cmdline, rawInsert, settle, unload } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  async run(guest) {
    for (const packing of ['xz', 'xz-crc64'] as const) {
      const module = await guest.verified('klpkit_cmdline_1', packing);
      await insertModule(module);
      guest.defer(() => unload(module.name));
      assert.equal((await settle(guest, module.name)).kind, 'patched');
      assert.equal(await cmdline(), 'KLPKIT-MARKER-1');
      await unload(module.name);
    }
    // The signature is inside: to the kernel, the bytes of the file as they are have none.
    const { errno } = await rawInsert(await guest.module('klpkit_cmdline_1', 'xz'));
    assert.equal(errno, 'EKEYREJECTED');
  },
} satisfies GuestScenario;
