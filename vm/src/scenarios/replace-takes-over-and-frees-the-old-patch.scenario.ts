import assert from 'node:assert/strict';
import { removeModule } from '@klpkit/kernel';
import { apply, cmdline, settle } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  async run(guest) {
    await apply(guest, 'klpkit_cmdline_1');
    assert.equal((await apply(guest, 'klpkit_cmdline_2')).kind, 'patched');
    assert.equal(await cmdline(), 'KLPKIT-MARKER-2');
    const old = await settle(guest, 'klpkit_cmdline_1');
    assert.equal(old.kind, 'unpatched', 'the old module is loaded still, its patch is gone');
    await removeModule('klpkit_cmdline_1');
    assert.equal((await settle(guest, 'klpkit_cmdline_1')).kind, 'absent');
    assert.equal(await cmdline(), 'KLPKIT-MARKER-2');
  },
} satisfies GuestScenario;
