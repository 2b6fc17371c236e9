import assert from 'node:assert/strict';
import { apply, cmdline, unload } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  series: ['6.1'],
  async run(guest) {
    await apply(guest, 'klpkit_cmdline_1');
    await unload('klpkit_cmdline_1');
    assert.equal((await apply(guest, 'klpkit_cmdline_1')).kind, 'patched');
    assert.equal(await cmdline(), 'KLPKIT-MARKER-1');
  },
} satisfies GuestScenario;
