import assert from 'node:assert/strict';
import { removeModule, setPatchEnabled } from '@klpkit/kernel';
import { apply, cmdline, settle } from '../guest/steps.ts';
import type { GuestScenario } from '../scenario.ts';

export default {
  where: 'guest',
  boot: 'enforcing',
  series: ['6.1'],
  async run(guest) {
    const before = await cmdline();
    await apply(guest, 'klpkit_cmdline_1');
    const startedAt = performance.now();
    await setPatchEnabled('klpkit_cmdline_1', false);
    assert.equal((await settle(guest, 'klpkit_cmdline_1')).kind, 'unpatched');
    guest.note(`disabled in ${Math.round(performance.now() - startedAt)} ms`);
    assert.equal(await cmdline(), before);
    await removeModule('klpkit_cmdline_1');
    assert.equal((await settle(guest, 'klpkit_cmdline_1')).kind, 'absent');
  },
} satisfies GuestScenario;
