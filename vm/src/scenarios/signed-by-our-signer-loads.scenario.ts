import assert from 'node:assert/strict';
import { insertModule } from '@klpkit/kernel';
import { cmdline, settle, unload } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  async run(guest) {
    const module = await guest.verified('klpkit_cmdline_1', 'ours');
    await insertModule(module);
    guest.defer(() => unload(module.name));
    assert.equal((await settle(guest, module.name)).kind, 'patched');
    assert.equal(await cmdline(), 'KLPKIT-MARKER-1');
    guest.note(module.algorithm);
  },
} satisfies GuestScenario;
